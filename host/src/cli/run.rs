//! `run` and `eval`.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::common::{Common, report};
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

fn stdout() -> Output {
    Output::stream(std::io::stdout(), std::io::stdout().is_terminal())
}

impl Run {
    pub(super) fn execute(self) -> Result<ExitCode, Error> {
        let (program, tenant) = self.common.open(&self.file)?;
        let outcome = program.run(&tenant, stdout());
        Ok(finish(outcome, &self.common))
    }
}

impl Eval {
    pub(super) fn execute(self) -> Result<ExitCode, Error> {
        let (program, tenant) = self.common.open(&self.file)?;
        let outcome = program.run_then("<expression>", &self.expression, &tenant, stdout());
        Ok(finish(outcome, &self.common))
    }
}

/// Exit code of a run; with `--json` its usage goes to standard error as one line.
fn finish(outcome: Outcome, common: &Common) -> ExitCode {
    let code = match &outcome.result {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => report(error, common.colored()),
    };
    if common.json {
        let units: Vec<serde_json::Value> = outcome
            .units
            .iter()
            .map(|u| serde_json::json!({"unit": u.label, "from": u.provenance.name(), "why": u.provenance.reason()}))
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
        });
        eprintln!("{usage}");
    }
    code
}
