//! What every command line needs: the sandbox's options as values, running with standard output, showing errors.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::ValueEnum;

use crate::error::Error;
use crate::function::DynFunction;
use crate::grants::Grants;
use crate::imports::Output;
use crate::limits::Limits;
use crate::run::{Outcome, Tenant};
use crate::traceback::Frame;
use crate::value::Value;

/// Most bytes of an error message that are shown.
const MAX_SHOWN: usize = 16 << 10;

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// If the output is a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    /// Whether diagnostics have colour.
    pub(crate) fn is_on(self) -> bool {
        match self {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
        }
    }
}

/// The limits for a time in seconds and a memory in MiB.
pub(crate) fn limits(time_limit: f64, memory_limit: u64) -> Result<Limits, Error> {
    let deadline = Duration::try_from_secs_f64(time_limit)
        .map_err(|_| Error::Io(format!("`--time-limit {}` is not a time", time_limit)))?;
    // A second of guest code uses some 5e9 to 2e10 units, and more where a rare branch of a loop is
    // dear, since a turn pays for its dearest way: with this the time limit comes first.
    let units = (time_limit * 1e13).min(9e18) as u64;
    let memory = memory_limit.saturating_mul(1 << 20);
    Ok(Limits::default().deadline(deadline).memory_bytes(memory).cpu_units(units.max(1_000_000)))
}

/// The directories that a program at `file` may read: those that are named, else its own.
pub(crate) fn grants(dirs: &[String], file: &Path) -> Result<Grants, Error> {
    let mut grants = Grants::none().clock(true);
    if dirs.is_empty() {
        let folder = match file.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        let dir = cap_std::fs::Dir::open_ambient_dir(&folder, cap_std::ambient_authority())
            .map_err(|e| Error::Io(format!("cannot open the directory `{}`: {e}", folder.display())))?;
        grants = grants.dir(dir, "");
    }
    for dir in dirs {
        grants =
            grants.dir_arg(dir).map_err(|e| Error::Io(format!("cannot grant the directory `{dir}`: {e}")))?;
    }
    Ok(grants)
}

/// Standard output that remembers whether its reader went away.
struct Stdout {
    closed: Arc<AtomicBool>,
}

impl Stdout {
    fn note<T>(&self, result: io::Result<T>) -> io::Result<T> {
        if matches!(&result, Err(error) if error.kind() == io::ErrorKind::BrokenPipe) {
            self.closed.store(true, Ordering::Relaxed);
        }
        result
    }
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let result = io::stdout().write(bytes);
        self.note(result)
    }

    fn flush(&mut self) -> io::Result<()> {
        let result = io::stdout().flush();
        self.note(result)
    }
}

/// Runs with standard output; an end that only comes from a closed pipe is no error.
pub(crate) fn run(json: bool, color: bool, run: impl FnOnce(Output) -> Outcome) -> ExitCode {
    let closed = Arc::new(AtomicBool::new(false));
    let stdout = Stdout { closed: closed.clone() };
    let outcome = run(Output::stream(stdout, io::stdout().is_terminal()));
    if closed.load(Ordering::Relaxed) { ExitCode::SUCCESS } else { finish(&outcome, json, color) }
}

/// Calls a function and prints its result.
pub(crate) fn call(function: &DynFunction, tenant: &Tenant, args: &[Value], output: Output) -> Outcome {
    let mut outcome = function.call_with(tenant, args, output);
    if let Ok(value) = &outcome.result
        && *value != Value::None
        && let Err(error) = print(&format!("{value}\n"))
    {
        outcome.result = Err(error);
    }
    outcome
}

/// Exit code of a run; with `--json` its usage and error go to standard error as one line.
fn finish(outcome: &Outcome, json: bool, color: bool) -> ExitCode {
    let code = match &outcome.result {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) if json => ExitCode::from(error.exit_code()),
        Err(error) => report(error, color),
    };
    if json {
        let units: Vec<serde_json::Value> = outcome
            .units
            .iter()
            .map(|u| {
                serde_json::json!({
                    "unit": u.label, "from": u.provenance.name(), "why": u.provenance.reason(),
                    "check_s": u.timings.check.as_secs_f64(), "lower_s": u.timings.lower.as_secs_f64(),
                    "encode_s": u.timings.encode.as_secs_f64(), "native_s": u.timings.native.as_secs_f64(),
                    "load_s": u.timings.load.as_secs_f64(), "wasm_bytes": u.wasm_bytes,
                })
            })
            .collect();
        let usage = serde_json::json!({
            "cpu_units": outcome.usage.cpu_units,
            "wall_s": outcome.usage.wall.as_secs_f64(),
            "instantiate_s": outcome.usage.instantiate.as_secs_f64(),
            "memory_peak": outcome.usage.memory_peak,
            "bytes_read": outcome.usage.io.bytes_read,
            "rows_read": outcome.usage.io.rows_read,
            "output_bytes": outcome.usage.io.output_bytes,
            "units": units,
            "error": outcome.result.as_ref().err().map(error_json),
        });
        tell(&usage.to_string());
    }
    code
}

/// Shows an error on standard error and gives its exit code.
pub(crate) fn report(error: &Error, color: bool) -> ExitCode {
    match error {
        Error::Compile(compile) => tell(compile.render(color).trim_end()),
        Error::Io(_) | Error::Signature(_) | Error::Cache(_) => tell(&visible(&format!("error: {error}"))),
        Error::Limit { .. }
        | Error::NoNativeCode { .. }
        | Error::Cancelled { .. }
        | Error::Denied(_)
        | Error::Raised(_)
        | Error::Host { .. }
        | Error::OutOfMemory(_)
        | Error::Internal(_) => tell(&visible(&error.to_string())),
        #[cfg(feature = "compiler")]
        Error::Worker(_) => tell(&visible(&error.to_string())),
    }
    ExitCode::from(error.exit_code())
}

/// Text that a guest had a hand in, as a terminal may see it: no control characters, and not endless.
fn visible(text: &str) -> String {
    let mut shown = String::new();
    for c in text.chars() {
        if shown.len() > MAX_SHOWN {
            shown.push_str("… (shortened)");
            break;
        }
        if c.is_control() && !matches!(c, '\n' | '\t') {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Writes a line to standard error; there is no one to tell where that fails.
pub(crate) fn tell(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// An error as data.
pub(crate) fn error_json(error: &Error) -> serde_json::Value {
    let code = match error {
        Error::Compile(_) => "compile",
        Error::Raised(_) => "raised",
        Error::Limit { .. } => "limit",
        Error::Cancelled { .. } => "cancelled",
        Error::Denied(_) => "denied",
        Error::NoNativeCode { .. } => "no_native_code",
        Error::Host { .. } => "host",
        Error::Signature(_) => "signature",
        Error::Cache(_) => "cache",
        Error::Io(_) => "io",
        #[cfg(feature = "compiler")]
        Error::Worker(_) => "worker",
        Error::OutOfMemory(_) => "out_of_memory",
        Error::Internal(_) => "internal",
    };
    let frames = |frames: &[Frame]| -> serde_json::Value {
        let frame = |f: &Frame| serde_json::json!({"file": f.file, "line": f.line, "function": f.function, "text": f.text});
        frames.iter().map(frame).collect()
    };
    let mut value = serde_json::json!({"code": code, "exit_code": error.exit_code()});
    match error {
        Error::Compile(compile) => {
            value["message"] = compile.diagnostics.first().message.clone().into();
            value["diagnostics"] = serde_json::json!(compile.to_json());
            if compile.cached {
                value["cached"] = true.into();
            }
        }
        Error::Raised(raised) => {
            value["message"] = raised.message.clone().into();
            value["exception"] = raised.exception.clone().into();
            value["traceback"] = frames(&raised.traceback);
        }
        Error::Limit { limit, traceback } => {
            value["message"] = limit.to_string().into();
            value["limit"] = limit.which.name().into();
            value["traceback"] = frames(traceback);
        }
        Error::Cancelled { traceback } => {
            value["message"] = "cancelled".into();
            value["traceback"] = frames(traceback);
        }
        Error::NoNativeCode { label, reason } => {
            value["message"] = error.to_string().into();
            value["unit"] = label.clone().into();
            value["why"] = reason.id().into();
        }
        Error::Host { error, traceback } => {
            value["message"] = error.to_string().into();
            value["traceback"] = frames(traceback);
        }
        #[cfg(feature = "compiler")]
        Error::Worker(failure) => value["message"] = failure.to_string().into(),
        Error::Denied(text)
        | Error::Signature(text)
        | Error::Cache(text)
        | Error::Io(text)
        | Error::OutOfMemory(text)
        | Error::Internal(text) => {
            value["message"] = text.clone().into();
        }
    }
    value
}

/// Writes text to standard output. A reader that went away is nobody's fault: the rest is dropped.
pub(crate) fn print(text: &str) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::Io(format!("cannot write output: {error}")))
        }
        _ => Ok(()),
    }
}
