//! `run` and `eval`.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;

use super::common::{Common, error_json, report, tell};
use crate::error::Error;
use crate::imports::Output;
use crate::run::Outcome;

/// Arguments of `run`.
#[derive(Args)]
pub(super) struct Run {
    /// The script.
    file: PathBuf,
    #[command(flatten)]
    common: Common,
}

/// Arguments of `eval`.
#[derive(Args)]
pub(super) struct Eval {
    /// The module.
    file: PathBuf,
    /// The expression, or several statements.
    expression: String,
    #[command(flatten)]
    common: Common,
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
fn run(common: &Common, run: impl FnOnce(Output) -> Outcome) -> ExitCode {
    let closed = Arc::new(AtomicBool::new(false));
    let stdout = Stdout { closed: closed.clone() };
    let outcome = run(Output::stream(stdout, io::stdout().is_terminal()));
    if closed.load(Ordering::Relaxed) { ExitCode::SUCCESS } else { finish(outcome, common) }
}

impl Run {
    pub(super) fn common(&self) -> &Common {
        &self.common
    }

    pub(super) fn execute(self) -> Result<ExitCode, Error> {
        let (program, tenant) = self.common.open(&self.file)?;
        Ok(run(&self.common, |output| program.run(&tenant, output)))
    }
}

impl Eval {
    pub(super) fn common(&self) -> &Common {
        &self.common
    }

    pub(super) fn execute(self) -> Result<ExitCode, Error> {
        let (program, tenant) = self.common.open(&self.file)?;
        Ok(run(&self.common, |output| program.run_then("<expression>", &self.expression, &tenant, output)))
    }
}

/// Exit code of a run; with `--json` its usage and error go to standard error as one line.
fn finish(outcome: Outcome, common: &Common) -> ExitCode {
    let code = match &outcome.result {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) if common.json => ExitCode::from(error.exit_code()),
        Err(error) => report(error, common.colored()),
    };
    if common.json {
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
