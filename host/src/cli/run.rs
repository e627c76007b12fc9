//! `run` and `eval`.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;

use super::bundle;
use super::common::{Common, error_json, report, tell};
use super::target::Target;
use super::trust::TrustOptions;
use crate::error::Error;
use crate::function::DynFunction;
use crate::imports::Output;
use crate::run::{Outcome, Tenant};
use crate::value::Value;

/// Arguments of `run`.
#[derive(Args)]
pub(super) struct Run {
    /// The script; or a bundle, FILE.oven[::FUNCTION].
    file: PathBuf,
    /// Arguments of a bundle's function: literals.
    args: Vec<String>,
    #[command(flatten)]
    trust: TrustOptions,
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

/// A function of a bundle with all that a call needs.
pub(super) struct Call {
    pub(super) function: DynFunction,
    pub(super) tenant: Tenant,
    pub(super) args: Vec<Value>,
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
        let target = self.file.to_string_lossy().parse::<Target>().ok();
        if let Some(target) = target.filter(|target| bundle::is_bundle(&target.file)) {
            return self.bundle(&target);
        }
        if !self.args.is_empty() || self.trust.is_given() {
            let what = "arguments, `--trust` and `--unsigned` are for bundles; a script takes none";
            return Err(Error::Signature(what.to_owned()));
        }
        let (program, tenant) = self.common.open(&self.file)?;
        let code = run(&self.common, |output| program.run(&tenant, output));
        super::remote::settle(program.engine());
        Ok(code)
    }

    /// Runs a bundle's module body, or calls the function that is named or the only one.
    fn bundle(&self, target: &Target) -> Result<ExitCode, Error> {
        if target.func.is_none() && self.args.is_empty() {
            let (bundle, tenant) = bundle::open(&self.common, &self.trust, &target.file)?;
            if bundle.has_body() {
                return Ok(run(&self.common, |output| bundle.run(&tenant, output)));
            }
        }
        let Call { function, tenant, args } = bundle::call(&self.common, &self.trust, target, &self.args)?;
        Ok(run(&self.common, |output| {
            let mut outcome = function.call_with(&tenant, &args, output);
            if let Ok(value) = &outcome.result
                && *value != Value::None
                && let Err(error) = super::common::print(&format!("{}\n", value))
            {
                outcome.result = Err(error);
            }
            outcome
        }))
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
