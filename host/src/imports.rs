//! The host functions: all of a guest's powers, in one table.
//!
//! The table itself is [`abi::Import`]. [`call`] runs a function on a
//! [`HostState`] and a slice of memory, for executors such as the IR interpreter; [`define`] and
//! [`add_to_linker`] make typed wasmtime functions of the same code. Every pointer and length is
//! checked, every call is charged to the ledger, and every failure is a [`HostError`] that says whose
//! fault it is. There are no verbs to write files, open sockets, start processes or read the
//! environment.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::Arc;

use ovenbird_compiler::abi::external::External;
use ovenbird_compiler::abi::{self, Import};

use crate::grants::{AccessError, Grants, quote};
use crate::io::{Dataset, DatasetError};
use crate::limits::{Ledger, LimitExceeded, Limits};

pub use crate::external::{Answer, Problem};

mod datasets;
mod format;
pub mod guest;
mod link;
mod math;
mod output;
pub(crate) mod purse;
mod text;

pub use format::{format_f64, parse_f64};
pub use guest::GuestFault;
pub use link::{MemoryLimiter, StoreData, add_to_linker, define};
pub use math::math;
pub use output::Output;
pub use purse::Purse;

/// Work between two looks at the clock.
const SLICE: u64 = abi::SLICE as u64;

/// A value that crosses the border.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Val {
    /// An address or a truth value.
    I32(i32),
    /// An integer.
    I64(i64),
    /// A float.
    F64(f64),
}

/// Why a host function failed, by blame. It ends the run: the guest cannot catch it.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum HostError {
    /// A limit was reached.
    Limit(LimitExceeded),
    /// A power is not granted.
    Denied {
        /// Which.
        capability: &'static str,
    },
    /// A dataset cannot be read.
    Dataset {
        /// The guest's path.
        path: String,
        /// Why.
        error: DatasetError,
    },
    /// An argument is out of range: Python's `ValueError`.
    Value(&'static str),
    /// The guest broke the contract.
    Fault {
        /// The function that it called.
        import: Import,
        /// What was wrong.
        fault: GuestFault,
    },
    /// A call of a function of the embedder did not work.
    External {
        /// The function.
        function: Arc<External>,
        /// What was wrong.
        problem: Problem,
    },
    /// Output could not be written; a closed pipe, for example.
    Output(io::ErrorKind),
}

impl HostError {
    /// An error with a dataset; limits stay limits.
    pub(crate) fn dataset(path: &str, error: DatasetError) -> Self {
        match error {
            DatasetError::Limit(limit) => HostError::Limit(limit),
            error => HostError::Dataset { path: path.to_owned(), error },
        }
    }

    /// The Python exception that says the same: its name and its text. `None` for limits, faults and
    /// output, which are not exceptions of the guest.
    pub fn exception(&self) -> Option<(&str, String)> {
        let access = |error: &AccessError| match error {
            AccessError::NotFound { path } => {
                ("FileNotFoundError", format!("[Errno 2] No such file or directory: {}", quote(path)))
            }
            AccessError::NotAFile { path, kind: "a directory" } => {
                ("IsADirectoryError", format!("[Errno 21] Is a directory: {}", quote(path)))
            }
            AccessError::Denied { .. } => ("PermissionError", error.to_string()),
            AccessError::NotAFile { .. } | AccessError::Io { .. } => ("OSError", error.to_string()),
        };
        match self {
            HostError::Dataset { error: DatasetError::Access(error), .. } => Some(access(error)),
            HostError::Dataset { error: DatasetError::Io(_), .. } => Some(("OSError", self.to_string())),
            HostError::Dataset { .. } => Some(("ValueError", self.to_string())),
            HostError::Denied { .. } => Some(("PermissionError", self.to_string())),
            HostError::Value(text) => Some(("ValueError", (*text).to_owned())),
            HostError::External { problem: Problem::Raised(failure), .. } => {
                Some((failure.exception(), failure.message().to_owned()))
            }
            HostError::External { problem: Problem::Forbidden, .. } => {
                Some(("PermissionError", self.to_string()))
            }
            HostError::Limit(_)
            | HostError::Fault { .. }
            | HostError::External { .. }
            | HostError::Output(_) => None,
        }
    }
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HostError::Limit(error) => error.fmt(f),
            HostError::Denied { capability } => write!(f, "access to {capability} is not granted"),
            HostError::Dataset { error: DatasetError::Access(error), .. } => error.fmt(f),
            HostError::Dataset { path, error } => write!(f, "cannot read {}: {error}", quote(path)),
            HostError::Value(text) => f.write_str(text),
            HostError::Fault { import, fault } => {
                write!(f, "the guest called {} wrongly: {fault}", import.name())
            }
            HostError::External { function, problem } => match problem {
                Problem::Raised(failure) => failure.fmt(f),
                Problem::Panicked => write!(f, "the host function `{}` panicked", function.path()),
                Problem::Fault(fault) => {
                    write!(f, "the guest called the host function `{}` wrongly: {fault}", function.path())
                }
                Problem::Forbidden => {
                    write!(f, "access to the host module `{}` is not granted", function.module)
                }
            },
            HostError::Output(kind) => write!(f, "cannot write output: {kind}"),
        }
    }
}

impl std::error::Error for HostError {}

impl From<LimitExceeded> for HostError {
    fn from(limit: LimitExceeded) -> Self {
        HostError::Limit(limit)
    }
}

/// The host's side of one run.
#[derive(Debug)]
pub struct HostState {
    /// Limits and what has been used of them.
    pub ledger: Ledger,
    /// What the guest may see.
    pub grants: Grants,
    /// Where printed text goes.
    pub output: Output,
    preopened: BTreeMap<String, Dataset>,
    datasets: Vec<datasets::OpenDataset>,
    scans: Vec<Option<datasets::OpenScan>>,
    /// CPU units of the current host call, still to be charged.
    work: u64,
    /// The same since the clock was looked at.
    unwatched: u64,
}

impl HostState {
    /// State for one run; the deadline counts from now.
    pub fn new(limits: Limits, grants: Grants, output: Output) -> Self {
        Self {
            ledger: Ledger::new(limits),
            grants,
            output,
            preopened: BTreeMap::new(),
            datasets: Vec::new(),
            scans: Vec::new(),
            work: 0,
            unwatched: 0,
        }
    }

    /// Counts work that a host function does: units as a guest's. Looks at the clock as often as a guest would.
    pub(crate) fn work(&mut self, units: u64) -> Result<(), LimitExceeded> {
        self.work = self.work.saturating_add(units);
        self.unwatched = self.unwatched.saturating_add(units);
        if self.unwatched >= SLICE {
            self.unwatched = 0;
            self.ledger.check_deadline()?;
        }
        Ok(())
    }

    /// The same for going over bytes.
    pub(crate) fn work_on_bytes(&mut self, bytes: usize) -> Result<(), HostError> {
        Ok(self.work(bytes as u64 / 4 + 16)?)
    }

    /// What is to be charged.
    pub(crate) fn take_work(&mut self) -> u64 {
        std::mem::take(&mut self.work)
    }

    /// Hands over a dataset that the compiler opened for its schema: the run then reads the very
    /// file that it was compiled for, without opening it again. Its footer is charged here.
    pub fn preopen(&mut self, path: &str, dataset: Dataset) -> Result<(), LimitExceeded> {
        self.ledger.reserve_host(dataset.reserved())?;
        self.preopened.insert(path.to_owned(), dataset);
        Ok(())
    }
}

/// Calls a host function with untyped values.
pub fn call(
    state: &mut HostState,
    memory: &mut [u8],
    import: Import,
    args: &[Val],
) -> Result<Option<Val>, HostError> {
    use Val::{F64, I32, I64};
    let int = |value: i64| Some(I64(value));
    Ok(match (import, args) {
        (Import::Print, &[I32(ptr), I64(len)]) => {
            text::print(state, memory, ptr, len)?;
            None
        }
        (Import::Time, []) => Some(F64(text::time(state)?)),
        (Import::FormatF64, &[F64(value), I64(kind), I64(precision), I32(buffer)]) => {
            int(text::format(memory, value, kind, precision, buffer)?)
        }
        (Import::ParseF64, &[I32(ptr), I64(len), I32(out)]) => {
            int(text::parse(state, memory, ptr, len, out)?)
        }
        (Import::Math, &[I64(which), F64(x), F64(y)]) => Some(F64(math(which, x, y))),
        (Import::DatasetOpen, &[I32(ptr), I64(len), I64(fingerprint)]) => {
            int(datasets::dataset_open(state, memory, ptr, len, fingerprint)?)
        }
        (Import::DatasetRows, &[I64(handle)]) => int(datasets::dataset_rows(state, handle)?),
        (Import::ScanOpen, &[I64(handle), I32(columns), I64(count)]) => {
            int(datasets::scan_open(state, memory, handle, columns, count)?)
        }
        (Import::ScanNext, &[I64(scan), I64(capacity), I32(table)]) => {
            int(datasets::scan_next(state, memory, scan, capacity, table)?)
        }
        (Import::ScanTextLen, &[I64(scan), I64(column)]) => {
            int(datasets::scan_text_len(state, scan, column)?)
        }
        (Import::ScanText, &[I64(scan), I64(column), I32(to)]) => {
            datasets::scan_text(state, memory, scan, column, to)?;
            None
        }
        (Import::ScanClose, &[I64(scan)]) => {
            datasets::scan_close(state, scan)?;
            None
        }
        _ => return Err(HostError::Fault { import, fault: GuestFault::Arguments }),
    })
}

#[cfg(test)]
mod tests;
