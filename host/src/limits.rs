//! Limits on what one run may use, and the ledger that counts what it has used.
//!
//! [`Limits`] is the promise (defaults are on, nothing is unlimited unless written), [`Ledger`] is
//! the account of one run. Host functions charge the ledger *before* they do the work or allocate
//! the memory. CPU units and guest memory are enforced by the guest's own code and by wasmtime; they
//! are here so that all limits are in one struct and one error type. The stack of guests is the same
//! for all calls of an engine, so it is an option of the engine.

use std::fmt;
use std::time::{Duration, Instant};

use ovenbird_compiler::budget::{CompileLimit, Exceeded};
use serde::{Deserialize, Serialize};

use crate::cancel::Cancel;

/// Everything a run may use. `Debug` shows all of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Limits {
    /// CPU units: about one a basic operation. Default 200,000,000,000 (tens of seconds of work).
    pub cpu_units: u64,
    /// Wall-clock time of one run, host functions included. Default 30 s.
    pub deadline: Duration,
    /// Guest linear memory in bytes. Default 1 GiB.
    pub memory_bytes: u64,
    /// Host memory held for the guest (decoder buffers, dictionaries, footers). Default 512 MiB.
    pub host_bytes: u64,
    /// Bytes that the guest may print and return. Default 64 MiB.
    pub output_bytes: u64,
    /// Tuples inside each other in what a call returns. Default 64.
    pub result_depth: u64,
    /// Datasets open at once. Default 64.
    pub files: u64,
    /// Scans open at once. Default 256.
    pub scans: u64,
    /// Bytes read from files in one run. Default 64 GiB.
    pub bytes_read: u64,
    /// Rows decoded in one run, counted once a scan. Default 4,000,000,000.
    pub rows_read: u64,
    /// Pages of Parquet files decoded in one run. Default 64,000,000.
    pub pages_read: u64,
    /// Size of one page of a Parquet file, unpacked; dictionaries are pages as well. Default 256 MiB.
    pub page_bytes: u64,
    /// Size of a Parquet footer in bytes. Default 16 MiB.
    pub footer_bytes: u64,
    /// Columns of a dataset. Default 10,000.
    pub columns: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            cpu_units: 200_000_000_000,
            deadline: Duration::from_secs(30),
            memory_bytes: 1 << 30,
            host_bytes: 512 << 20,
            output_bytes: 64 << 20,
            result_depth: 64,
            files: 64,
            scans: 256,
            bytes_read: 64 << 30,
            rows_read: 4_000_000_000,
            pages_read: 64_000_000,
            page_bytes: 256 << 20,
            footer_bytes: 16 << 20,
            columns: 10_000,
        }
    }
}

macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident: $ty:ty;)*) => {
        impl Limits {
            $($(#[$doc])*
            pub fn $name(mut self, $name: $ty) -> Self {
                self.$name = $name;
                self
            })*
        }
    };
}

setters! {
    /// Sets the CPU units.
    cpu_units: u64;
    /// Sets the wall-clock time of one run.
    deadline: Duration;
    /// Sets the bytes of guest linear memory.
    memory_bytes: u64;
    /// Sets the bytes of host memory held for the guest.
    host_bytes: u64;
    /// Sets the bytes that may be printed and returned.
    output_bytes: u64;
    /// Sets the depth of what may be returned.
    result_depth: u64;
    /// Sets the number of datasets open at once.
    files: u64;
    /// Sets the number of scans open at once.
    scans: u64;
    /// Sets the bytes that may be read from files.
    bytes_read: u64;
    /// Sets the rows that may be decoded.
    rows_read: u64;
    /// Sets the pages that may be decoded.
    pages_read: u64;
    /// Sets the greatest size of a page.
    page_bytes: u64;
    /// Sets the greatest size of a Parquet footer.
    footer_bytes: u64;
    /// Sets the greatest number of columns of a dataset.
    columns: u64;
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal;)*) => {
        /// Which limit was reached.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum LimitKind {
            $($(#[$doc])* $kind,)*
            /// A limit of [`CompileBudget`](crate::CompileBudget).
            Compile(CompileLimit),
        }

        impl LimitKind {
            /// Every limit there is.
            pub fn all() -> Vec<LimitKind> {
                let mut all = vec![$(LimitKind::$kind),*];
                all.extend(CompileLimit::ALL.map(LimitKind::Compile));
                all
            }

            /// The name that people see.
            pub fn name(self) -> &'static str {
                match self {
                    $(LimitKind::$kind => $name,)*
                    LimitKind::Compile(which) => which.name(),
                }
            }
        }
    };
}

kinds! {
    /// [`Limits::cpu_units`].
    Cpu = "CPU limit";
    /// [`Limits::deadline`]; amounts are nanoseconds.
    Deadline = "time limit";
    /// [`Limits::memory_bytes`].
    Memory = "memory limit";
    /// [`Limits::host_bytes`].
    HostMemory = "host memory limit";
    /// [`EngineOptions::stack_bytes`](crate::engine_config::EngineOptions::stack_bytes): the stack of a guest.
    Stack = "stack limit";
    /// [`Limits::output_bytes`].
    Output = "output limit";
    /// [`Limits::result_depth`].
    ResultDepth = "result depth limit";
    /// [`Limits::files`].
    Files = "open file limit";
    /// [`Limits::scans`].
    Scans = "open scan limit";
    /// [`Limits::bytes_read`].
    BytesRead = "read limit";
    /// [`Limits::rows_read`].
    RowsRead = "row limit";
    /// [`Limits::pages_read`].
    PagesRead = "page limit";
    /// [`Limits::page_bytes`].
    PageBytes = "page size limit";
    /// [`Limits::footer_bytes`].
    Footer = "Parquet footer limit";
    /// [`Limits::columns`].
    Columns = "column limit";
    /// [`Scheduling::waiting_per_tenant`](crate::Scheduling::waiting_per_tenant).
    WaitingCalls = "waiting call limit";
    /// [`PoolLimits::slots`](crate::engine_config::PoolLimits::slots): calls at the same time. With worker processes there
    /// are no slots, and calls wait.
    Instances = "instance limit";
}

impl LimitKind {
    fn amount(self, value: u64) -> String {
        match self {
            LimitKind::Deadline | LimitKind::Compile(CompileLimit::Time) => {
                format!("{:.1} s", value as f64 / 1e9)
            }
            LimitKind::Memory
            | LimitKind::HostMemory
            | LimitKind::Stack
            | LimitKind::Output
            | LimitKind::BytesRead
            | LimitKind::PageBytes
            | LimitKind::Footer => bytes(value),
            LimitKind::Cpu => format!("{} units", thousands(value)),
            LimitKind::RowsRead => format!("{} rows", thousands(value)),
            LimitKind::Compile(
                CompileLimit::SourceBytes | CompileLimit::WasmBytes | CompileLimit::Memory,
            ) => bytes(value),
            LimitKind::Files
            | LimitKind::ResultDepth
            | LimitKind::PagesRead
            | LimitKind::Instances
            | LimitKind::Scans
            | LimitKind::Columns
            | LimitKind::WaitingCalls
            | LimitKind::Compile(_) => thousands(value),
        }
    }
}

/// A limit was reached: what was (or would have been) used, and what is allowed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LimitExceeded {
    /// Which limit.
    pub which: LimitKind,
    /// What was used, or what the refused request would have made of it.
    pub used: u64,
    /// What the limit allows.
    pub allowed: u64,
}

impl fmt::Display for LimitExceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (used, allowed) = (self.which.amount(self.used), self.which.amount(self.allowed));
        write!(f, "{} exceeded: used {used}, allowed {allowed}", self.which.name())
    }
}

impl std::error::Error for LimitExceeded {}

impl From<Exceeded> for LimitExceeded {
    fn from(Exceeded { which, used, allowed }: Exceeded) -> Self {
        LimitExceeded { which: LimitKind::Compile(which), used, allowed }
    }
}

/// `1536` as `1.5 KiB`.
pub(crate) fn bytes(value: u64) -> String {
    let mut scaled = value as f64;
    let mut unit = "bytes";
    for next in ["KiB", "MiB", "GiB", "TiB"] {
        if scaled < 1024.0 {
            break;
        }
        scaled /= 1024.0;
        unit = next;
    }
    if scaled.fract() == 0.0 { format!("{scaled} {unit}") } else { format!("{scaled:.1} {unit}") }
}

/// `20000` as `20,000`.
fn thousands(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// What a run has used so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Bytes printed, and of strings, arrays and frames returned.
    pub output_bytes: u64,
    /// Bytes read from files.
    pub bytes_read: u64,
    /// Rows decoded, counted once a scan.
    pub rows_read: u64,
    /// Pages decoded.
    pub pages_read: u64,
    /// Datasets opened.
    pub files_opened: u64,
    /// Host memory held now.
    pub host_bytes: u64,
    /// The most host memory held at any time.
    pub host_bytes_peak: u64,
}

/// The account of one run.
#[derive(Clone, Debug)]
pub struct Ledger {
    limits: Limits,
    usage: Usage,
    started: Instant,
    cancel: Option<Cancel>,
}

impl Ledger {
    /// Opens an account; the deadline counts from now.
    pub fn new(limits: Limits) -> Self {
        Self { limits, usage: Usage::default(), started: Instant::now(), cancel: None }
    }

    /// Lets `cancel` end the run before its deadline.
    pub fn cancel_by(&mut self, cancel: Option<Cancel>) {
        self.cancel = cancel;
    }

    /// What ends the run before its deadline.
    pub fn cancel(&self) -> Option<&Cancel> {
        self.cancel.as_ref()
    }

    /// The limits.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// What has been used.
    pub fn usage(&self) -> &Usage {
        &self.usage
    }

    /// Time since the account was opened.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Starts the clock of the deadline again, as when compilation comes before the run.
    pub fn restart_clock(&mut self) {
        self.started = Instant::now();
    }

    /// The moment at which the run must end, if it can be represented.
    pub fn deadline(&self) -> Option<Instant> {
        self.started.checked_add(self.limits.deadline)
    }

    /// Fails once the deadline has passed, or the run was cancelled.
    pub fn check_deadline(&self) -> Result<(), LimitExceeded> {
        let used = self.started.elapsed();
        if used <= self.limits.deadline && !self.cancel.as_ref().is_some_and(Cancel::is_cancelled) {
            return Ok(());
        }
        Err(LimitExceeded {
            which: LimitKind::Deadline,
            used: nanos(used),
            allowed: nanos(self.limits.deadline),
        })
    }

    /// Charges output.
    pub fn charge_output(&mut self, bytes: u64) -> Result<(), LimitExceeded> {
        self.usage.output_bytes =
            grow(LimitKind::Output, self.usage.output_bytes, bytes, self.limits.output_bytes)?;
        Ok(())
    }

    /// Refuses results that are too deep.
    pub fn check_depth(&self, depth: u64) -> Result<(), LimitExceeded> {
        grow(LimitKind::ResultDepth, 0, depth, self.limits.result_depth).map(|_| ())
    }

    /// Charges bytes read from a file.
    pub fn charge_read(&mut self, bytes: u64) -> Result<(), LimitExceeded> {
        self.usage.bytes_read =
            grow(LimitKind::BytesRead, self.usage.bytes_read, bytes, self.limits.bytes_read)?;
        Ok(())
    }

    /// Charges decoded rows.
    pub fn charge_rows(&mut self, rows: u64) -> Result<(), LimitExceeded> {
        self.usage.rows_read = grow(LimitKind::RowsRead, self.usage.rows_read, rows, self.limits.rows_read)?;
        Ok(())
    }

    /// Charges a page before it is unpacked, and looks at the clock: one page is the most that is done unwatched.
    pub fn charge_page(&mut self, bytes: u64) -> Result<(), LimitExceeded> {
        grow(LimitKind::PageBytes, 0, bytes, self.limits.page_bytes)?;
        self.usage.pages_read = grow(LimitKind::PagesRead, self.usage.pages_read, 1, self.limits.pages_read)?;
        self.check_deadline()
    }

    /// Counts an opened file, when `open` are open already.
    pub fn charge_file(&mut self, open: u64) -> Result<(), LimitExceeded> {
        grow(LimitKind::Files, open, 1, self.limits.files)?;
        self.usage.files_opened += 1;
        Ok(())
    }

    /// Allows one more scan, when `open` are open already.
    pub fn charge_scan(&mut self, open: u64) -> Result<(), LimitExceeded> {
        grow(LimitKind::Scans, open, 1, self.limits.scans).map(|_| ())
    }

    /// Reserves host memory; to be called before the memory is allocated.
    pub fn reserve_host(&mut self, bytes: u64) -> Result<(), LimitExceeded> {
        self.usage.host_bytes =
            grow(LimitKind::HostMemory, self.usage.host_bytes, bytes, self.limits.host_bytes)?;
        self.usage.host_bytes_peak = self.usage.host_bytes_peak.max(self.usage.host_bytes);
        Ok(())
    }

    /// Gives host memory back.
    pub fn release_host(&mut self, bytes: u64) {
        self.usage.host_bytes = self.usage.host_bytes.saturating_sub(bytes);
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// `used + more`, unless that is beyond `allowed`.
fn grow(which: LimitKind, used: u64, more: u64, allowed: u64) -> Result<u64, LimitExceeded> {
    let used = used.saturating_add(more);
    if used > allowed { Err(LimitExceeded { which, used, allowed }) } else { Ok(used) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_amounts_in_their_unit() {
        let text = |which, used, allowed| LimitExceeded { which, used, allowed }.to_string();
        assert_eq!(
            text(LimitKind::Deadline, 1_000_000_000, 1_000_000_000),
            "time limit exceeded: used 1.0 s, allowed 1.0 s"
        );
        assert_eq!(
            text(LimitKind::Output, (64 << 20) + 512, 64 << 20),
            "output limit exceeded: used 64.0 MiB, allowed 64 MiB"
        );
        assert_eq!(text(LimitKind::Files, 65, 64), "open file limit exceeded: used 65, allowed 64");
        assert_eq!(
            text(LimitKind::Cpu, 20_000_000_001, 20_000_000_000),
            "CPU limit exceeded: used 20,000,000,001 units, allowed 20,000,000,000 units"
        );
    }

    #[test]
    fn ledger_refuses_before_the_limit_is_passed() {
        let mut ledger = Ledger::new(Limits::default().host_bytes(100).output_bytes(10));
        ledger.reserve_host(60).unwrap();
        assert_eq!(ledger.reserve_host(60).unwrap_err().used, 120);
        ledger.release_host(60);
        ledger.reserve_host(100).unwrap();
        assert_eq!(ledger.usage().host_bytes_peak, 100);
        ledger.charge_output(10).unwrap();
        assert_eq!(ledger.charge_output(u64::MAX).unwrap_err().which, LimitKind::Output);
    }

    #[test]
    fn deadline_passes() {
        let ledger = Ledger::new(Limits::default().deadline(Duration::ZERO));
        std::thread::sleep(Duration::from_millis(1));
        assert_eq!(ledger.check_deadline().unwrap_err().which, LimitKind::Deadline);
    }

    /// Without `is_cancelled` in `check_deadline`: what the host does for a guest goes on to the deadline.
    #[test]
    fn who_is_cancelled_has_no_time_left() {
        let (mut ledger, cancel) = (Ledger::new(Limits::default()), Cancel::new());
        ledger.cancel_by(Some(cancel.clone()));
        assert!(ledger.check_deadline().is_ok());
        cancel.cancel();
        assert!(ledger.check_deadline().is_err());
    }
}
