//! A batch job over Arrow: a Parquet file → record batches → a function → record batches → a Parquet file.
//!
//! ```text
//! echo 'def effort(power, speed):
//!     return power / (speed + 1.0)' > effort.py
//! cargo run --release --example arrow_batch -- effort.py::effort examples/data/cycling_dataset.pq \
//!     --columns power,speed --out effort.parquet
//! ```
//!
//! The host reads the file, and the function is given columns (the example `parquet_batch` of the crate `ovenbird` lets
//! the guest read files that it is granted). What it shows:
//! - **A schema is a signature.** [`Batches::rows`] compiles the function once for the columns' types; its parameters are
//!   the columns, in the order of `--columns`. With `--frame` it is [`Batches::frames`], and the function gets a frame.
//! - **A batch is one call**, with limits and a usage of its own, which is printed for each batch and in all.
//! - **NULLs**: a row with a NULL in any argument is not computed, and its result is NULL.
//! - **A row that fails is found and shown**, with its number in the file, its values, and the exception's traceback.
//! - **Columns that cannot be handed over** are errors that name the column, its type, and what to do.
//!
//! Output: what was used on standard output, a bar and errors on standard error. Exit codes are the command line's: 0 done,
//! 1 the program raised, 2 it does not compile, or usage, 3 a limit, 4 denied.

use std::fs::File;
use std::io::{IsTerminal as _, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use arrow_array::RecordBatch;
use arrow_schema::{Schema, SchemaRef};
use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use ovenbird::{Cache, CacheOptions, Engine, Error, Limits, Output, Source, Tenant};
use ovenbird_arrow::{BatchFunction, Batches};
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::arrow::{ArrowWriter, ProjectionMask};

mod explain;
mod report;
#[cfg(test)]
mod tests;

use report::Report;

/// Calls a function of a program for the rows of a Parquet file, batch by batch.
///
/// The function takes a value of each column and returns a number, a bool, a string or a time: the new column, called
/// like the function. With --frame it takes a whole batch as a frame, and returns a frame, a Series or an array.
#[derive(Parser)]
struct Arguments {
    /// The program and its function.
    #[arg(value_name = "PROGRAM.py::FUNCTION")]
    target: String,
    /// The Parquet file.
    input: PathBuf,
    /// Columns that the function is given, in the order of its parameters; without it all of the file.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    columns: Vec<String>,
    /// Hands each batch over as a frame.
    #[arg(long)]
    frame: bool,
    /// Where results are written: the columns, and the new one behind them; with --frame what the function returns.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Rows of a batch.
    #[arg(long, value_name = "COUNT", default_value_t = 8192)]
    batch_rows: usize,
    /// Seconds that a batch may take.
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0)]
    time_limit: f64,
    /// MiB of memory that a batch may take.
    #[arg(long, value_name = "MIB", default_value_t = 256)]
    memory_limit: u64,
    /// Prints only the sum of what was used, and not each batch.
    #[arg(short, long)]
    quiet: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let cache = Cache::open(CacheOptions::from_environment());
    match job(&arguments, cache, &mut std::io::stdout().lock()) {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to be told where this fails.
            let _ = writeln!(std::io::stderr(), "{}", error.text);
            ExitCode::from(error.exit_code)
        }
    }
}

/// Why the job ended early: for people, and for scripts.
#[derive(Debug)]
struct Failure {
    text: String,
    exit_code: u8,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure { text: error.to_string(), exit_code: error.exit_code() }
    }
}

/// A mistake in what was asked for, or a file that cannot be used.
fn wrong(text: String) -> Failure {
    Failure { text: format!("error: {text}"), exit_code: 2 }
}

/// Runs the job. A batch that fails ends it; a file that was begun is removed.
fn job(arguments: &Arguments, cache: Cache, out: &mut impl Write) -> Result<Report, Failure> {
    let input = Input::open(arguments)?;
    let function = function(arguments, cache, &input.schema)?;
    let writer =
        arguments.out.as_deref().map(|file| Results::new(file, &function, &input.schema, arguments.frame));
    let mut writer = writer.transpose()?;
    let done = all_batches(arguments, input, &function, writer.as_mut(), out);
    match (done, writer) {
        (Ok(report), Some(writer)) => writer.finish().map(|()| report),
        (Err(failure), Some(writer)) => {
            writer.abandon();
            Err(failure)
        }
        (done, None) => done,
    }
}

/// The function, compiled for the columns.
fn function(arguments: &Arguments, cache: Cache, schema: &Schema) -> Result<BatchFunction, Failure> {
    let (file, name) = arguments
        .target
        .rsplit_once("::")
        .ok_or_else(|| wrong("the program is given as PROGRAM.py::FUNCTION".to_owned()))?;
    let text =
        std::fs::read_to_string(file).map_err(|error| wrong(format!("cannot read `{file}`: {error}")))?;
    let shown = Path::new(file).file_name().map_or(file.into(), |name| name.to_string_lossy());
    let program = Engine::builder().cache(cache).build()?.compile(&Source::new(shown, text))?;
    Ok(if arguments.frame { program.frames(name, schema)? } else { program.rows(name, schema)? })
}

fn tenant(arguments: &Arguments) -> Result<Tenant, Failure> {
    let deadline = Duration::try_from_secs_f64(arguments.time_limit)
        .map_err(|_| wrong(format!("`{}` is not a time", arguments.time_limit)))?;
    let memory = arguments.memory_limit.saturating_mul(1 << 20);
    Ok(Tenant::named("batch").limits(Limits::default().deadline(deadline).memory_bytes(memory)))
}

/// Calls the function for each batch.
fn all_batches(
    arguments: &Arguments,
    input: Input,
    function: &BatchFunction,
    mut writer: Option<&mut Results>,
    out: &mut impl Write,
) -> Result<Report, Failure> {
    let tenant = tenant(arguments)?;
    let bar = progress(input.rows);
    let unwritable = |error: std::io::Error| wrong(format!("cannot write: {error}"));
    let mut report = Report::default();
    for batch in input.batches {
        let batch = batch.and_then(|batch| batch.project(&input.order));
        let batch = batch.map_err(|error| wrong(format!("cannot read the file: {error}")))?;
        let outcome = function.call_batch_with(&tenant, &batch, Output::Discard);
        let line = report.add(batch.num_rows(), &outcome);
        if !arguments.quiet {
            bar.suspend(|| writeln!(out, "{line}")).map_err(unwritable)?;
        }
        let found = outcome.result.map_err(|error| {
            bar.finish_and_clear();
            let before = report.rows() - batch.num_rows();
            let row =
                if arguments.frame { None } else { explain::row(function, &tenant, &batch, before, &error) };
            let text = row.map_or_else(|| error.to_string(), |row| format!("{row}\n{error}"));
            Failure { text, exit_code: error.exit_code() }
        })?;
        if let Some(writer) = &mut writer {
            writer.write(&batch, &found)?;
        }
        bar.inc(batch.num_rows() as u64);
    }
    bar.finish_and_clear();
    writeln!(out, "{}", report.total()).map_err(unwritable)?;
    Ok(report)
}

/// The file, of which only the wanted columns are read.
struct Input {
    batches: ParquetRecordBatchReader,
    /// Where the wanted columns are among those that are read, which come in the file's order.
    order: Vec<usize>,
    schema: SchemaRef,
    rows: u64,
}

impl Input {
    fn open(arguments: &Arguments) -> Result<Input, Failure> {
        let shown = arguments.input.display();
        let file =
            File::open(&arguments.input).map_err(|error| wrong(format!("cannot open `{shown}`: {error}")))?;
        let unreadable = |error| wrong(format!("cannot read `{shown}`: {error}"));
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).map_err(unreadable)?;
        let all = reader.schema().clone();
        let wanted: Vec<usize> = match arguments.columns.as_slice() {
            [] => (0..all.fields().len()).collect(),
            names => names.iter().map(|name| find(&all, name)).collect::<Result<_, _>>()?,
        };
        let schema = all.project(&wanted).map_err(|error| wrong(error.to_string()))?;
        let mut read = wanted.clone();
        read.sort_unstable();
        read.dedup();
        let order = wanted.iter().filter_map(|column| read.binary_search(column).ok()).collect();
        let rows = u64::try_from(reader.metadata().file_metadata().num_rows()).unwrap_or(0);
        let mask = ProjectionMask::roots(reader.parquet_schema(), read);
        let reader = reader.with_projection(mask).with_batch_size(arguments.batch_rows.max(1));
        let batches = reader.build().map_err(unreadable)?;
        Ok(Input { batches, order, schema: schema.into(), rows })
    }
}

fn find(schema: &Schema, name: &str) -> Result<usize, Failure> {
    schema.index_of(name).map_err(|_| {
        let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        wrong(format!("the file has no column `{name}`; it has {}", names.join(", ")))
    })
}

/// The file that is written.
struct Results {
    path: PathBuf,
    writer: ArrowWriter<File>,
    schema: SchemaRef,
    /// Whether what comes back is the whole batch, and not one more column.
    whole: bool,
}

impl Results {
    fn new(path: &Path, function: &BatchFunction, columns: &Schema, whole: bool) -> Result<Results, Failure> {
        let found = function
            .result_schema()
            .ok_or_else(|| wrong("what the function returns is no column: leave out --out".to_owned()))?;
        let before = if whole { &[][..] } else { columns.fields() };
        let fields: Vec<_> = before.iter().chain(found.fields()).cloned().collect();
        let schema = SchemaRef::from(Schema::new(fields));
        let file = File::create(path)
            .map_err(|error| wrong(format!("cannot write `{}`: {error}", path.display())))?;
        let writer = ArrowWriter::try_new(file, schema.clone(), None)
            .map_err(|error| wrong(format!("cannot write `{}`: {error}", path.display())))?;
        Ok(Results { path: path.to_owned(), writer, schema, whole })
    }

    fn write(&mut self, batch: &RecordBatch, found: &RecordBatch) -> Result<(), Failure> {
        let before = if self.whole { &[][..] } else { batch.columns() };
        let columns = before.iter().chain(found.columns()).cloned().collect();
        let failed = |error: String| wrong(format!("cannot write `{}`: {error}", self.path.display()));
        let joined =
            RecordBatch::try_new(self.schema.clone(), columns).map_err(|error| failed(error.to_string()))?;
        self.writer.write(&joined).map_err(|error| failed(error.to_string()))
    }

    fn finish(self) -> Result<(), Failure> {
        let shown = self.path.display();
        self.writer.close().map(drop).map_err(|error| wrong(format!("cannot write `{shown}`: {error}")))
    }

    /// Half a result is none.
    fn abandon(self) {
        drop(self.writer);
        // What cannot be removed has no footer, and is refused by whoever reads it.
        let _ = std::fs::remove_file(self.path);
    }
}

/// A bar on standard error; hidden where that is no terminal.
fn progress(rows: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(rows);
    let style = ProgressStyle::with_template("{bar:30} {human_pos}/{human_len} rows {per_sec} {eta}");
    style.map_or(bar.clone(), |style| bar.with_style(style))
}
