//! `test`: runs the doctests of files in the sandbox and reports them.

use std::fmt::Write as _;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use clap::Args;
use ovenbird_compiler::parse::parse_module;
use ovenbird_compiler::source::{FileId, SourceFile};

use super::common::{Common, Place, print, progress, read_source};
use crate::engine::Engine;
use crate::error::Error;
use crate::program::Source;
use crate::run::Tenant;

mod compare;
mod example;
mod runner;
mod script;

use example::{Docstring, Example};
use runner::{Runner, Verdict};

/// Folders that hold no tests.
const SKIPPED: [&str; 2] = ["data", "__pycache__"];

/// Stack of a thread that parses and runs: the guest's own, and what the parser's recursion needs.
const STACK: usize = 32 << 20;

/// Arguments of `test`.
#[derive(Args)]
#[command(after_long_help = "\
Examples are the `>>>` lines in the docstrings of a module, its functions and its classes' methods. An \
example passes if it prints what stands below it, up to a blank line or the next `>>>`. An expected \
traceback compares the exception's type and message. Directives (`# doctest: +ELLIPSIS`): \
NORMALIZE_WHITESPACE, ELLIPSIS, IGNORE_EXCEPTION_DETAIL, SKIP. Without --dir a file sees its own directory, \
read-only.

Exit code: 0 all passed, 1 an example failed, 2 nothing could be tested.")]
pub(super) struct Test {
    /// Files, or directories to be searched for `*.py`.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Show the files that passed, too.
    #[arg(long, short)]
    verbose: bool,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    common: Common,
}

/// The result of one file.
#[derive(Default)]
struct Report {
    file: PathBuf,
    passed: usize,
    skipped: usize,
    failures: Vec<Failure>,
}

struct Failure {
    name: String,
    line: u32,
    source: String,
    want: String,
    got: String,
}

impl Test {
    pub(super) fn common(&self) -> &Common {
        &self.common
    }

    pub(super) fn execute(self) -> Result<ExitCode, Error> {
        let started = Instant::now();
        let files = find_files(&self.paths)?;
        let engine = self.common.engine(None, self.place)?;
        let reports = self.run_all(&engine, &files)?;
        let failed: usize = reports.iter().map(|r| r.failures.len()).sum();
        let passed: usize = reports.iter().map(|r| r.passed).sum();
        let skipped: usize = reports.iter().map(|r| r.skipped).sum();
        let text = if self.common.json {
            json(&reports, passed, failed, skipped)
        } else {
            let mut text = String::new();
            for report in &reports {
                render(report, self.verbose || reports.len() == 1, &mut text);
            }
            let skipped = if skipped > 0 { format!(", {skipped} skipped") } else { String::new() };
            let seconds = started.elapsed().as_secs_f64();
            let count = reports.len();
            let files = if count == 1 { "file" } else { "files" };
            let _ =
                writeln!(text, "{passed} passed, {failed} failed{skipped} ({count} {files}, {seconds:.2} s)");
            text
        };
        print(&text)?;
        Ok(if failed > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }

    /// Tests all files, on as many threads as there are processors.
    fn run_all(&self, engine: &Engine, files: &[PathBuf]) -> Result<Vec<Report>, Error> {
        let bar = progress(files.len() as u64, self.common.json);
        let next = AtomicUsize::new(0);
        let reports: Mutex<Vec<(usize, Result<Report, Error>)>> = Mutex::default();
        let threads = std::thread::available_parallelism().map_or(1, |n| n.get()).min(files.len());
        std::thread::scope(|scope| {
            let work = || {
                while let Some((index, file)) = next_file(&next, files) {
                    let report = self.run_file(engine, file);
                    reports.lock().unwrap_or_else(PoisonError::into_inner).push((index, report));
                    bar.inc(1);
                }
            };
            for _ in 0..threads {
                let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
                // Without a further thread, this one helps.
                if thread.is_err() {
                    work();
                    break;
                }
            }
        });
        bar.finish_and_clear();
        let mut reports = reports.into_inner().unwrap_or_else(PoisonError::into_inner);
        reports.sort_by_key(|(index, _)| *index);
        reports.into_iter().map(|(_, report)| report).collect()
    }

    fn run_file(&self, engine: &Engine, file: &Path) -> Result<Report, Error> {
        let text = read_source(file)?;
        let grants = self.common.grants(file)?;
        let name = file.display().to_string();
        let mut report = Report { file: file.to_owned(), ..Report::default() };
        let program = match engine.compile(&Source::new(&*name, &*text).grants(grants.clone())) {
            Ok(program) => program,
            Err(error) => {
                report.failures.push(whole_file(&error));
                return Ok(report);
            }
        };
        let source = SourceFile::new(&*name, &*text, false);
        let docstrings = match parse_module(FileId(0), &text) {
            Ok(module) => example::docstrings(&module, &source),
            // `compile` has just parsed it.
            Err(_) => Vec::new(),
        };
        let script = format!("<doctest {name}>");
        if !docstrings.is_empty() {
            // A module that does not compile fails once, not in each of its examples.
            let request = ovenbird_compiler::infer::Request::Then(&script, "");
            if let Err(error) = program.diagnose(request) {
                report.failures.push(whole_file(&error));
                return Ok(report);
            }
        }
        let tenant = Tenant::default().limits(self.common.limits()?).grants(grants);
        let runner = Runner { program: &program, tenant: &tenant, name: script };
        for docstring in &docstrings {
            let verdicts = runner.run(docstring);
            for (example, verdict) in docstring.examples.iter().zip(verdicts) {
                report.add(docstring, example, verdict);
            }
        }
        Ok(report)
    }
}

impl Report {
    fn add(&mut self, docstring: &Docstring, example: &Example, verdict: Verdict) {
        match verdict {
            Verdict::Passed => self.passed += 1,
            Verdict::Skipped => self.skipped += 1,
            Verdict::Failed(got) => self.failures.push(Failure {
                name: docstring.name.clone(),
                line: example.line,
                source: example.source.clone(),
                want: example.want.clone(),
                got,
            }),
        }
    }
}

fn next_file<'a>(next: &AtomicUsize, files: &'a [PathBuf]) -> Option<(usize, &'a PathBuf)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    files.get(index).map(|file| (index, file))
}

/// The failure of a file none of whose examples can run.
fn whole_file(error: &Error) -> Failure {
    let got = format!("{error}\n");
    Failure { name: "<module>".to_owned(), line: 1, source: String::new(), want: String::new(), got }
}

/// Files as they are named, directories expanded in a fixed order.
fn find_files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            walk(path, &mut files)?;
        } else {
            files.push(path.clone());
        }
    }
    if files.is_empty() {
        return Err(Error::Io("there are no `.py` files to test".to_owned()));
    }
    Ok(files)
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Error> {
    let unreadable = |e: std::io::Error| Error::Io(format!("cannot read `{}`: {e}", folder.display()));
    let mut entries =
        std::fs::read_dir(folder).and_then(|list| list.collect::<Result<Vec<_>, _>>()).map_err(unreadable)?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        // Links to directories are not followed, so that the walk ends.
        let kind = entry.file_type().map_err(unreadable)?;
        if kind.is_dir() {
            if !name.starts_with('.') && !SKIPPED.contains(&&*name) {
                walk(&path, files)?;
            }
        } else if name.ends_with(".py") && path.is_file() {
            files.push(path);
        }
    }
    Ok(())
}

fn render(report: &Report, verbose: bool, text: &mut String) {
    let (file, failed) = (report.file.display(), report.failures.len());
    let count = report.passed + failed;
    if failed == 0 {
        if verbose {
            let _ = writeln!(text, "{file} ok ({count} examples)");
        }
        return;
    }
    let _ = writeln!(text, "{file} FAILED ({failed} of {count} examples)\n");
    for failure in &report.failures {
        let Failure { name, line, source, want, got } = failure;
        let _ = writeln!(text, "{file}:{line} in {name}");
        for (index, code) in source.trim_end().lines().enumerate() {
            let _ = writeln!(text, "    {} {code}", if index == 0 { ">>>" } else { "..." });
        }
        if want.is_empty() || got.is_empty() || got.starts_with("error") {
            block("expected", want, text);
            block("got", got, text);
        } else {
            let _ = writeln!(text, "  difference (- expected, + got):");
            for line in compare::difference(want, got) {
                let _ = writeln!(text, "    {}", visible(&line));
            }
        }
        text.push('\n');
    }
}

fn block(title: &str, lines: &str, text: &mut String) {
    let _ = writeln!(text, "  {title}{}", if lines.is_empty() { " nothing" } else { ":" });
    for line in lines.lines() {
        let _ = writeln!(text, "    {}", visible(line));
    }
}

/// A line of output in which control characters can be seen, where it goes to a terminal.
fn visible(line: &str) -> String {
    if !std::io::stdout().is_terminal() {
        return line.to_owned();
    }
    line.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}

fn json(reports: &[Report], passed: usize, failed: usize, skipped: usize) -> String {
    let failure = |f: &Failure| {
        serde_json::json!({
            "name": f.name, "line": f.line, "source": f.source, "expected": f.want, "got": f.got,
        })
    };
    let files: Vec<serde_json::Value> = reports
        .iter()
        .map(|r| {
            serde_json::json!({
                "file": r.file.display().to_string(),
                "passed": r.passed,
                "failed": r.failures.len(),
                "skipped": r.skipped,
                "failures": r.failures.iter().map(failure).collect::<Vec<_>>(),
            })
        })
        .collect();
    format!(
        "{}\n",
        serde_json::json!({"passed": passed, "failed": failed, "skipped": skipped, "files": files})
    )
}
