//! A batch job: one function over every Parquet file of a folder, several at a time, each within limits.
//!
//! ```text
//! cargo run --release --example parquet_batch -- PROGRAM.py::FUNCTION FOLDER [--jobs N] [--cache-dir DIR]
//! ```
//!
//! The function takes a path, reads it with `pd.read_parquet` and returns numbers, text or a tuple of them. The job
//! prints a table with a row a file. A file that fails does not stop the others.
//!
//! What it shows:
//! - **Types from data.** [`Program::entry_for`](ovenbird::Program::entry_for) reads the footer of the file that the
//!   path names, and the function is compiled for its schema: files of one schema share the code (`hit.mem`), a file of
//!   another one gets code of its own, and a column that is missing is an error with a place, before anything runs.
//! - **The cache.** In the next run, also of another process, the code comes from the disk (`hit.l0`), and nothing is
//!   parsed or compiled.
//! - **Grants.** The function sees the files of the folder under their names, read-only, and nothing else.
//! - **Parallel calls** by `spawn`; the engine's threads are as many as `--jobs` says.
//! - **Exit codes** as the command line's: 0 all done, 1 the program raised, 2 it does not compile, or usage, 3 a limit,
//!   4 denied; of several failures, the highest.

use std::io::{IsTerminal as _, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use ovenbird::{Cache, CacheOptions, Engine, Error, Grants, Limits, Outcome, Output, Program, Scheduling};
use ovenbird::{Source, Task, Tenant, Usage, Value};

mod table;
#[cfg(test)]
mod tests;

/// Calls a function of a program for every Parquet file of a folder.
#[derive(Parser)]
struct Arguments {
    /// The program and its function.
    #[arg(value_name = "PROGRAM.py::FUNCTION")]
    target: String,
    /// The folder; files named `*.parquet` and `*.pq` in it are read.
    folder: PathBuf,
    /// Files at a time.
    #[arg(long, default_value_t = 4)]
    jobs: usize,
    /// Seconds a file may take.
    #[arg(long, default_value_t = 10.0)]
    time_limit: f64,
    /// MiB of memory a file may take.
    #[arg(long, default_value_t = 256)]
    memory_limit: u64,
    /// Rows of a file that may be read.
    #[arg(long, default_value_t = 100_000_000)]
    row_limit: u64,
    /// Where compiled code is kept; without it, where the environment says.
    #[arg(long)]
    cache_dir: Option<PathBuf>,
}

/// How one file ended.
struct Row {
    file: String,
    outcome: Outcome,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let cache = match &arguments.cache_dir {
        Some(dir) => CacheOptions::from_environment().dir(dir),
        None => CacheOptions::from_environment(),
    };
    let done = job(&arguments, cache).and_then(|rows| {
        table::write(&mut std::io::stdout().lock(), &rows).map_err(|error| Error::Io(error.to_string()))?;
        Ok(exit_code(&rows))
    });
    match done {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            // Nobody is left to be told where this fails.
            let _ = writeln!(std::io::stderr(), "{error}");
            ExitCode::from(error.exit_code())
        }
    }
}

/// The highest exit code of all files.
fn exit_code(rows: &[Row]) -> u8 {
    rows.iter().filter_map(|row| row.outcome.result.as_ref().err()).map(Error::exit_code).max().unwrap_or(0)
}

/// Runs the job; an error is one of the whole job, and not of a file.
fn job(arguments: &Arguments, cache: CacheOptions) -> Result<Vec<Row>, Error> {
    let usage = || Error::Signature("the program is given as PROGRAM.py::FUNCTION".to_owned());
    let (file, function) = arguments.target.rsplit_once("::").ok_or_else(usage)?;
    let text =
        std::fs::read_to_string(file).map_err(|error| Error::Io(format!("cannot read `{file}`: {error}")))?;
    let names = parquet_files(&arguments.folder)?;
    let dir = Dir::open_ambient_dir(&arguments.folder, ambient_authority())
        .map_err(|error| Error::Io(format!("cannot open the folder: {error}")))?;
    // The same directory for the compiler, which reads footers, and for the calls.
    let grants = Grants::none().dir(dir, "");
    let tenant = Tenant::named("batch").limits(limits(arguments)?).grants(grants.clone());
    let jobs = arguments.jobs.max(1);
    let scheduling =
        Scheduling { threads: jobs, running_per_tenant: jobs, waiting_per_tenant: names.len().max(1) };
    let engine = Engine::builder().cache(Cache::open(cache)).scheduling(scheduling).build()?;
    let name = Path::new(file).file_name().map_or(file.into(), |name| name.to_string_lossy());
    let program = engine.compile(&Source::new(name, text).grants(grants))?;
    Ok(run_all(&program, function, &tenant, names))
}

fn limits(arguments: &Arguments) -> Result<Limits, Error> {
    let deadline = Duration::try_from_secs_f64(arguments.time_limit)
        .map_err(|_| Error::Signature(format!("`{}` is not a time", arguments.time_limit)))?;
    let memory = arguments.memory_limit.saturating_mul(1 << 20);
    Ok(Limits::default().deadline(deadline).memory_bytes(memory).rows_read(arguments.row_limit))
}

/// Names of the Parquet files in a folder, sorted.
fn parquet_files(folder: &Path) -> Result<Vec<String>, Error> {
    let failed = |error| Error::Io(format!("cannot read the folder: {error}"));
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let Ok(name) = entry.map_err(failed)?.file_name().into_string() else { continue };
        if name.ends_with(".parquet") || name.ends_with(".pq") {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// A call that was started, or why it could not be.
enum Started {
    Task(Task),
    Failed(Box<Error>),
}

/// Starts a call a file, which the engine's threads share, and waits for all of them.
fn run_all(program: &Program, function: &str, tenant: &Tenant, names: Vec<String>) -> Vec<Row> {
    let bar = progress(names.len());
    let start = |name: &String| {
        let args = vec![Value::Str(name.clone())];
        // Compiles for this file's schema, if no file before had the same.
        match program.entry_for(function, &args) {
            Ok(entry) => Started::Task(entry.spawn(tenant, args, Output::Discard)),
            Err(error) => Started::Failed(Box::new(error)),
        }
    };
    let started: Vec<Started> = names.iter().map(start).collect();
    let rows = names.into_iter().zip(started).map(|(file, started)| {
        bar.set_message(file.clone());
        let outcome = match started {
            Started::Task(task) => task.join(),
            Started::Failed(error) => Outcome {
                result: Err(*error),
                usage: Usage::default(),
                output: Output::Discard,
                units: Vec::new(),
            },
        };
        bar.inc(1);
        Row { file, outcome }
    });
    let rows = rows.collect();
    bar.finish_and_clear();
    rows
}

/// A bar on standard error; hidden where that is no terminal.
fn progress(files: usize) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(files as u64);
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg} {elapsed}");
    style.map_or(bar.clone(), |style| bar.with_style(style))
}
