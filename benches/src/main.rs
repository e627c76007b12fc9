//! Ovenbird's benchmarks: options in, tables (Markdown) or JSON out.
//!
//! ```text
//! cargo build --release -p ovenbird -p ovenbird-benches
//! target/release/ovenbird-benches --python "$(benches/compare/setup.sh)" [SECTION...] [--json]
//! ```
//!
//! Every section answers one question and measures both sides in one run, in turn, because the load of
//! a machine changes by more than what is measured: compare the ratios. A figure is the median of its
//! rounds. Targets are shown beside the figures; a missed one does not fail the run.

mod batches;
mod call;
mod compile;
mod context;
mod frames;
mod guest;
mod kernels;
mod metering;
mod miss;
mod report;
mod start;
mod stats;
mod tenancy;
mod warm;
mod worker;

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

use context::Context;
use report::{Report, Section};

/// Measures Ovenbird side by side with CPython, pandas, Numba and native code.
#[derive(Parser)]
#[command(version, about, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// What to measure; everything if none is named.
    #[arg(value_enum)]
    sections: Vec<Name>,
    /// The Python of `benches/compare/setup.sh`. Without one, or without its packages, there are no peers.
    #[arg(long, default_value = ".venv/bin/python")]
    python: PathBuf,
    /// The command line to measure; by default the one beside this program.
    #[arg(long)]
    ovenbird: Option<PathBuf>,
    /// Times that each side has its turn.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Only these kernels, separated by commas.
    #[arg(long, value_delimiter = ',')]
    kernels: Vec<String>,
    /// Machine-readable output, in seconds and bytes.
    #[arg(long)]
    json: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Runs a program over a file in a process of its own and reports times and memory; used by `frames`.
    #[command(hide = true)]
    Worker(worker::Worker),
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Name {
    /// Whole processes: the example, warm and cold.
    Start,
    /// In process: loading from the cache, instances, calls.
    Call,
    /// The cache: a warm start of ten functions.
    Warm,
    /// The cache: what a miss costs.
    Miss,
    /// In process: compiling, by phase.
    Compile,
    /// The sixteen kernels.
    Kernels,
    /// What metering costs; the library's reductions.
    Metering,
    /// Large Parquet files.
    Frames,
    /// Many tenants in one process.
    Tenancy,
}

fn main() -> anyhow::Result<()> {
    ovenbird::worker::serve_if_worker();
    let started = std::time::Instant::now();
    // Before the options are parsed, which is no part of what is measured.
    let raw: Vec<String> = std::env::args().skip(1).collect();
    if raw.first().is_some_and(|first| first == warm::CHILD) {
        return warm::child(&raw[1..], started);
    }
    let arguments = Arguments::parse();
    if let Some(Command::Worker(worker)) = arguments.command {
        return worker.execute();
    }
    let context = Context::new(&arguments.python, arguments.ovenbird, arguments.rounds.max(1))?;
    let mut report = Report::new(&context);
    for name in Name::value_variants() {
        if !arguments.sections.is_empty() && !arguments.sections.contains(name) {
            continue;
        }
        let (title, measured): (&'static str, anyhow::Result<Section>) = match name {
            Name::Start => (start::TITLE, start::measure(&context)),
            Name::Call => (call::TITLE, call::measure(&context)),
            Name::Warm => (warm::TITLE, warm::measure(&context)),
            Name::Miss => (miss::TITLE, miss::measure(&context)),
            Name::Compile => (compile::TITLE, compile::measure(&context)),
            Name::Kernels => (kernels::TITLE, kernels::measure(&context, &arguments.kernels)),
            Name::Metering => (metering::TITLE, metering::measure(&context)),
            Name::Frames => (frames::TITLE, frames::measure(&context)),
            Name::Tenancy => (tenancy::TITLE, tenancy::measure(&context)),
        };
        // One section that cannot be measured does not lose the others.
        let section = measured.unwrap_or_else(|error| Section::failed(title, &error));
        if !arguments.json {
            print!("{}", section.markdown());
        }
        report.sections.push(section);
    }
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&report.json())?);
    } else {
        print!("{}", report.footer());
    }
    Ok(())
}
