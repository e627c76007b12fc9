//! `bench`: where the time goes, cold (empty cache) and warm (filled cache), in this process.
//!
//! Each round opens its own engine, so nothing is remembered in memory, and a cache in a folder of its
//! own, so the user's cache is neither used nor filled. Starting the process is not part of it.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;
use ovenbird_compiler::budget::CompileBudget;
use ovenbird_compiler::infer::Request;
use ovenbird_compiler::parse::parse_module;
use ovenbird_compiler::source::FileId;
use ovenbird_compiler::types::Type;

use super::common::{Common, print, progress};
use super::target::{Target, parse_args, parse_types};
use crate::cache::{Cache, CacheOptions, Mode, Secret};
use crate::engine::Engine;
use crate::error::Error;
use crate::imports::Output;
use crate::program::Source;
use crate::run::{Group, Tenant};
use crate::signatures::select;
use crate::value::{Arg, Value};

/// Steps in the order in which they happen.
const STEPS: [&str; 8] = ["parse", "infer", "lower", "encode", "native", "load", "instantiate", "run"];

/// Arguments of `bench`.
#[derive(Args)]
#[command(after_long_help = "\
Medians of the rounds. Cold: every round starts with an empty cache. Warm: every round finds the cache full, \
but nothing in memory. `parse` is the file's own text; `infer` includes parsing the library. `load` is keys, \
look-ups, authentication and deserialisation. Units of a program are compiled at the same time, so that the steps \
may add up to more than the total. Code without `cache=True` is compiled in warm rounds too.

A function is run if --args gives its arguments or it has no parameters; else it is compiled and loaded only.")]
pub(super) struct Bench {
    /// FILE, or FILE::FUNCTION.
    #[arg(value_name = "FILE[::FUNC]")]
    target: Target,
    /// Arguments of FUNC, as literals: `1, 2.5, "text"`.
    #[arg(long, value_name = "ARGS", allow_hyphen_values = true)]
    args: Option<String>,
    /// Argument types of FUNC where it is not run: `int, float, bool, str`.
    #[arg(long, value_name = "TYPES", conflicts_with = "args")]
    types: Option<String>,
    /// Rounds.
    #[arg(long, short = 'n', value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    runs: u32,
    #[command(flatten)]
    common: Common,
}

/// What is measured.
struct Subject {
    source: Source,
    budget: CompileBudget,
    tenant: Tenant,
    func: Option<(String, Vec<Type>)>,
    args: Option<Vec<Value>>,
}

/// Times of one round, by [`STEPS`]; `None` where the step did not happen.
struct Round {
    steps: [Duration; STEPS.len()],
    total: Duration,
    ran: bool,
    /// Where the code of each unit came from.
    units: Vec<(String, &'static str)>,
}

impl Bench {
    pub(super) fn common(&self) -> &Common {
        &self.common
    }

    pub(super) fn execute(self) -> Result<ExitCode, Error> {
        self.common.use_no_cache()?;
        let subject = self.subject()?;
        let bar = progress(2 * u64::from(self.runs), self.common.json);
        let (mut cold, mut warm) = (Vec::new(), Vec::new());
        for _ in 0..self.runs {
            let folder = Folder::new()?;
            cold.push(subject.round(&folder)?);
            bar.inc(1);
        }
        let folder = Folder::new()?;
        subject.round(&folder)?;
        for _ in 0..self.runs {
            warm.push(subject.round(&folder)?);
            bar.inc(1);
        }
        bar.finish_and_clear();
        let (cold, warm) = (Column::of(&cold), Column::of(&warm));
        print(&if self.common.json { self.json(&cold, &warm) } else { self.table(&cold, &warm) })?;
        Ok(ExitCode::SUCCESS)
    }

    fn subject(&self) -> Result<Subject, Error> {
        let (source, tenant) = self.common.source(&self.target.file)?;
        let budget = self.common.budget()?;
        let Some(func) = &self.target.func else {
            if self.args.is_some() || self.types.is_some() {
                return Err(Error::Signature("`--args` and `--types` need FILE::FUNCTION".to_owned()));
            }
            return Ok(Subject { source, tenant, func: None, args: Some(Vec::new()), budget });
        };
        let program = Engine::builder().build()?.compile_within(&source, &budget)?;
        let args = self.args.as_deref().map(parse_args).transpose()?;
        let types = match (&args, &self.types) {
            (Some(args), _) => program.argument_types(args),
            (None, Some(types)) => parse_types(types)?,
            (None, None) => {
                let selection = select(&program, Some(func), None)?;
                let unit = selection.chosen.first().map(|index| &selection.checked.units[*index]);
                unit.map(|unit| unit.params.clone()).unwrap_or_default()
            }
        };
        let args = args.or_else(|| types.is_empty().then(Vec::new));
        Ok(Subject { source, tenant, func: Some((func.clone(), types)), args, budget })
    }

    fn name(&self) -> String {
        let file = self.target.file.display();
        self.target.func.as_ref().map_or_else(|| file.to_string(), |func| format!("{file}::{func}"))
    }

    fn table(&self, cold: &Column, warm: &Column) -> String {
        let mut text = format!("{}, median of {}\n\n", self.name(), self.runs);
        let _ = writeln!(text, "{:<12} {:>12} {:>12}", "ms", "cold", "warm");
        for (index, step) in STEPS.iter().enumerate() {
            if index < STEPS.len() - 2 || cold.ran {
                let _ = writeln!(
                    text,
                    "{step:<12} {:>12.3} {:>12.3}",
                    cold.steps[index] * 1e3,
                    warm.steps[index] * 1e3
                );
            }
        }
        let _ = writeln!(text, "{:<12} {:>12.3} {:>12.3}\n", "total", cold.total * 1e3, warm.total * 1e3);
        for (label, from) in &warm.units {
            let note = if *from == "bypass" { " (no `cache=True`: compiled in every process)" } else { "" };
            let _ = writeln!(text, "{label}: {from} when warm{note}");
        }
        if !cold.ran {
            text.push_str("not run: give its arguments with --args\n");
        }
        text
    }

    fn json(&self, cold: &Column, warm: &Column) -> String {
        let value = serde_json::json!({
            "target": self.name(), "runs": self.runs, "cold": cold.json(), "warm": warm.json(),
        });
        format!("{value}\n")
    }
}

impl Subject {
    /// Everything from the text to the end of the run, with the cache in `folder`.
    fn round(&self, folder: &Folder) -> Result<Round, Error> {
        let builder = Engine::builder().compile_budget(self.budget.clone());
        let engine = builder.cache(folder.cache.clone()).build()?;
        let started = Instant::now();
        // An error is reported by `compile`.
        let _ = parse_module(FileId(0), self.source.text());
        let parse = started.elapsed();
        let started = Instant::now();
        let program = engine.compile(&self.source)?;
        let request = match &self.func {
            Some((func, types)) => Request::Entry(func, types),
            None => Request::Run,
        };
        let checked = program.check(request)?;
        // `compile` and `check` both parse the file.
        let infer = started.elapsed().saturating_sub(parse * 2);
        let loading = Instant::now();
        let group = Group::load(&engine, &checked)?;
        let loaded = loading.elapsed();
        let mut steps = [Duration::ZERO; STEPS.len()];
        let (mut total, mut ran) = (parse + infer + loaded, false);
        let infos = group.infos();
        for info in &infos {
            steps[2] += info.timings.lower;
            steps[3] += info.timings.encode;
            steps[4] += info.timings.native;
            steps[5] += info.timings.load;
        }
        (steps[0], steps[1]) = (parse, infer);
        if let Some(args) = &self.args {
            let args: Vec<Arg<'_>> = args.iter().map(Arg::Value).collect();
            let outcome = group.call(&engine, &self.tenant, &args, Output::Discard);
            outcome.result?;
            (steps[6], steps[7]) = (outcome.usage.instantiate, outcome.usage.wall);
            total += steps[6] + steps[7];
            ran = true;
        }
        let units = infos.iter().map(|info| (info.label.clone(), info.provenance.name())).collect();
        Ok(Round { steps, total, ran, units })
    }
}

/// Medians in seconds.
struct Column {
    steps: [f64; STEPS.len()],
    total: f64,
    ran: bool,
    units: Vec<(String, &'static str)>,
}

impl Column {
    fn of(rounds: &[Round]) -> Column {
        let steps = std::array::from_fn(|step| median(rounds.iter().map(|round| round.steps[step])));
        let last = rounds.last();
        Column {
            steps,
            total: median(rounds.iter().map(|round| round.total)),
            ran: last.is_some_and(|round| round.ran),
            units: last.map(|round| round.units.clone()).unwrap_or_default(),
        }
    }

    fn json(&self) -> serde_json::Value {
        let mut value = serde_json::Map::new();
        for (index, step) in STEPS.iter().enumerate() {
            let happened = index < STEPS.len() - 2 || self.ran;
            value.insert(format!("{step}_s"), serde_json::json!(happened.then_some(self.steps[index])));
        }
        value.insert("total_s".to_owned(), self.total.into());
        let units = self.units.iter().map(|(unit, from)| serde_json::json!({"unit": unit, "from": from}));
        value.insert("units".to_owned(), units.collect());
        value.into()
    }
}

fn median(times: impl Iterator<Item = Duration>) -> f64 {
    let mut seconds: Vec<f64> = times.map(|time| time.as_secs_f64()).collect();
    seconds.sort_by(f64::total_cmp);
    let middle = seconds.len() / 2;
    match seconds.len() {
        0 => 0.0,
        n if n % 2 == 0 => (seconds[middle - 1] + seconds[middle]) / 2.0,
        _ => seconds[middle],
    }
}

/// A cache in a new folder, removed with it.
struct Folder {
    path: PathBuf,
    cache: Cache,
}

impl Folder {
    fn new() -> Result<Folder, Error> {
        let failed = |what: &str| Error::Io(format!("cannot make a temporary cache: {what}"));
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|e| failed(&e.to_string()))?;
        let name = format!("ovenbird-bench-{:016x}", u64::from_le_bytes(random));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).map_err(|e| failed(&e.to_string()))?;
        let secret = Secret::random().map_err(|e| failed(&e.to_string()))?;
        let options = CacheOptions {
            mode: Mode::ReadWrite,
            dir: Some(path.clone()),
            secret: Some(secret),
            ..Default::default()
        };
        let cache = Cache::open(options);
        if let Some(problem) = cache.problem() {
            let _ = std::fs::remove_dir_all(&path);
            return Err(failed(problem));
        }
        Ok(Folder { path, cache })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed stays in the system's folder for temporary files.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        let of = |list: &[u64]| median(list.iter().map(|s| Duration::from_secs(*s)));
        assert_eq!([of(&[]), of(&[3]), of(&[5, 1]), of(&[9, 1, 2])], [0.0, 3.0, 3.0, 2.0]);
    }
}
