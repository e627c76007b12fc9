//! A process that runs one program over one file: the first call, later calls, the peak of its memory.
//! Prints what the scripts of `benches/compare` print.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use ovenbird::{Engine, Grants, Output, Source, Tenant, Value};
use serde_json::json;

use crate::kernels::tenant;
use crate::stats::{Sample, timed};

/// What to run.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Program {
    /// The means of two columns.
    Cycling,
    /// Mean distance by a loop over the rows.
    HaversineLoop,
    /// Mean distance by `df.apply`.
    HaversineApply,
}

/// Arguments of a worker.
#[derive(Args)]
pub(crate) struct Worker {
    #[arg(value_enum)]
    program: Program,
    file: PathBuf,
    #[arg(long, default_value_t = 5)]
    rounds: usize,
}

impl Program {
    /// Its name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Program::Cycling => "cycling",
            Program::HaversineLoop => "haversine-loop",
            Program::HaversineApply => "haversine-apply",
        }
    }

    fn source(self) -> &'static str {
        match self {
            Program::Cycling => "cycling_columns.py",
            Program::HaversineLoop | Program::HaversineApply => "haversine_rows.py",
        }
    }
}

impl Worker {
    /// Runs and reports.
    pub(crate) fn execute(self) -> anyhow::Result<()> {
        let folder = self.file.parent().context("a file without a folder")?.to_str().context("not UTF-8")?;
        let path = self.file.file_name().and_then(|n| n.to_str()).context("a file without a name")?;
        let grants = Grants::none().dir_arg(&format!("{folder}::"))?.clock(true);
        let program =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("programs/frames").join(self.program.source());
        let source =
            Source::new(self.program.source(), std::fs::read_to_string(program)?).grants(grants.clone());
        let tenant = tenant().grants(grants);
        let engine = Engine::builder().build()?;
        let (answer, first) = timed(|| self.call(&engine, &source, &tenant, path));
        let answer = answer?;
        let mut again = Sample::default();
        for _ in 0..self.rounds {
            let (result, time) = timed(|| self.call(&engine, &source, &tenant, path));
            result?;
            again.push_time(time);
        }
        let report = json!({
            "first": first.as_secs_f64(),
            "best": again.best(),
            "median": again.median(),
            "rounds": again.len(),
            "peak_bytes": peak()?,
            "answer": answer,
        });
        println!("{report}");
        Ok(())
    }

    /// From the source to the answer. After the first call the code is in the engine's memory; inference
    /// runs again, as it must to know that the code still fits the file.
    fn call(
        &self,
        engine: &Engine,
        source: &Source,
        tenant: &Tenant,
        path: &str,
    ) -> anyhow::Result<serde_json::Value> {
        let program = engine.compile(source)?;
        let name = match self.program {
            Program::Cycling => {
                // A `Series` cannot be handed to the host: print it.
                let text = format!("print(mean_power_speed({path:?}))");
                let outcome = program.run_then("<bench>", &text, tenant, Output::Capture(Vec::new()));
                outcome.result?;
                return Ok(String::from_utf8(outcome.output.captured().to_vec())?.into());
            }
            Program::HaversineLoop => "mean_by_loop",
            Program::HaversineApply => "mean_by_apply",
        };
        let args = [Value::Str(path.to_owned())];
        match program.entry_for(name, &args)?.call(tenant, &args)? {
            Value::Float(value) => Ok(value.into()),
            other => anyhow::bail!("the program returned {other:?}"),
        }
    }
}

/// The most memory that this process had resident, in bytes.
fn peak() -> anyhow::Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no peak")?;
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes * 1024.0)
}
