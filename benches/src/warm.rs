//! The cache in numbers: a process that loads a module of ten functions, and what a miss costs.
//!
//! The warm start is measured from outside, from before the process is started until the guest's first
//! instruction; beside it, what of that a process takes which does nothing, and the time from the start of
//! `main`, which is what this program can do something about.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, bail, ensure};
use ovenbird::{Cache, CacheOptions, Engine, Error, Grants, Output, Source, Tenant, Value};
use serde_json::json;

use crate::compile::{ADD, mandelbrot};
use crate::context::{Context, json_of, number};
use crate::report::{Row, Section, Target};
use crate::stats::{Sample, timed};

pub(crate) const TITLE: &str = "The cache: warm start of ten functions, cost of a miss";

/// First argument of the process that is measured.
pub(crate) const CHILD: &str = "warm-start";

/// A function of the size that data functions have: the other two that miss are smaller than what storing them takes.
const MEANS: &str = "\
import ovenbird
import pandas as pd

@ovenbird.jit(cache=True)
def means_TURN():
    df = pd.read_parquet(\"data/cycling_dataset.pq\")
    print(df[[\"power\", \"speed\"]].mean() + TURN.25)
";

/// The functions of `benches/programs/ten_functions.py`.
const FUNCTIONS: [&str; 10] = [
    "score",
    "decay",
    "horner",
    "distance",
    "collatz",
    "newton",
    "clamp_sum",
    "trapezoid",
    "gcd_mean",
    "oscillate",
];
/// Processes in one round.
const STARTS: usize = 40;
/// Compilations in one round.
const COMPILES: usize = 40;
/// Compilations before the measurement, which fill the cache.
const FILLS: usize = 200;

pub(crate) fn measure(context: &Context) -> anyhow::Result<Section> {
    let mut section = Section::new(TITLE);
    starts(context, &mut section)?;
    misses(context, &mut section)?;
    Ok(section)
}

fn starts(context: &Context, section: &mut Section) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let file = context.root.join("benches/programs/ten_functions.py");
    start(folder.path(), &file)?;
    let (mut whole, mut floor, mut net, mut first) = <(_, _, _, Sample)>::default();
    for _ in 0..context.rounds * STARTS {
        let warm = start(folder.path(), &file)?;
        ensure!(number(&warm, "compiles")? == 0.0, "a warm start compiled something");
        Sample::push(&mut whole, number(&warm, "since_start")?);
        Sample::push(&mut net, number(&warm, "since_main")?);
        first.push(number(&warm, "functions")?);
        Sample::push(&mut floor, number(&start(Path::new(""), &file)?, "since_start")?);
    }
    let row = Row::time("process start to the first native instruction", whole);
    section.row(row.peer("a process that does nothing", floor));
    let row = Row::time("of it, from the start of `main`", net);
    section.row(row.target(Target::Value(1e-3)));
    section.row(Row::time("of it, ten functions ready to be called", first));
    section.note(
        "A module of 200 lines with ten cached functions of two numbers: source read and hashed, engine made, \
         every entry read, authenticated and loaded, one function called. Not in it: the C library's and the \
         kernel's share of a start, which the peer shows.",
    );
    Ok(())
}

/// Starts one process and gives its report. Without a folder it does nothing.
fn start(folder: &Path, file: &Path) -> anyhow::Result<serde_json::Value> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(CHILD).arg(folder).arg(file).arg(nanos().to_string()).stdin(Stdio::null());
    json_of(command)
}

/// The measured process.
pub(crate) fn child(arguments: &[String], started: Instant) -> anyhow::Result<()> {
    let [folder, file, spawned] = arguments else { bail!("{CHILD} FOLDER FILE NANOSECONDS") };
    let spawned: u128 = spawned.parse().context("a time")?;
    let since_start = |now: u128| now.saturating_sub(spawned) as f64 * 1e-9;
    if folder.is_empty() {
        println!("{}", json!({"since_start": since_start(nanos())}));
        return Ok(());
    }
    let engine = Engine::builder().cache(cache(Path::new(folder))?).build()?;
    let program = engine.compile(&Source::new("ten_functions.py", std::fs::read_to_string(file)?))?;
    let types = [Value::Float(0.5).ty(), Value::Float(0.25).ty()];
    let functions: Result<Vec<_>, Error> = FUNCTIONS.iter().map(|name| program.entry(name, &types)).collect();
    let functions = functions?;
    let ready = started.elapsed().as_secs_f64();
    let args = [Value::Float(0.5), Value::Float(0.25)];
    let outcome = functions[0].call_with(&Tenant::default(), &args, Output::Discard);
    // The guest's own time is taken off: what counts is when its first instruction ran.
    let (now, main, guest) = (nanos(), started.elapsed(), outcome.usage.wall);
    outcome.result?;
    let report = json!({
        "since_start": since_start(now) - guest.as_secs_f64(),
        "since_main": main.saturating_sub(guest).as_secs_f64(),
        "functions": ready,
        "compiles": engine.compiles() + engine.native_compiles(),
    });
    println!("{report}");
    Ok(())
}

fn nanos() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos()
}

fn cache(folder: &Path) -> anyhow::Result<Cache> {
    let mut options = CacheOptions::default().dir(folder.join("cache"));
    options.secret_file = Some(folder.join("secret"));
    let cache = Cache::open(options);
    ensure!(cache.is_on(), "no cache: {:?}", cache.problem());
    Ok(cache)
}

/// Compiling what a cache in use does not have, against compiling without one. The function has a new name
/// and a new constant each time, so that every level misses: text, program and wasm.
fn misses(context: &Context, section: &mut Section) -> anyhow::Result<()> {
    let kernel = mandelbrot(context)?.text().replace("-1.25", "-TURN.25").replace("kernel", "kernel_TURN");
    let add = ADD.replace("a + b", "a + b + TURN.25").replace("def add", "def add_TURN");
    let cases: [(&str, String, &str, &[Value]); 3] = [
        ("add", add, "add_", &[Value::Float(1.0), Value::Float(2.0)]),
        ("mandelbrot", kernel, "kernel_", &[Value::Int(2), Value::Int(2)]),
        ("means of a frame, printed", MEANS.to_owned(), "means_", &[]),
    ];
    let folder = tempfile::tempdir()?;
    let grants = Grants::none().dir_arg(&format!("{}::", context.root.join("examples").display()))?;
    for (label, text, name, args) in &cases {
        let (mut missed, mut off) = <(Sample, Sample)>::default();
        for turn in 0..FILLS + context.rounds * COMPILES {
            let turn_text = turn.to_string();
            let source = Source::new("fresh.py", text.replace("TURN", &turn_text)).grants(grants.clone());
            let name = format!("{name}{turn_text}");
            for (with_cache, sample) in [(true, &mut missed), (false, &mut off)] {
                let mut builder = Engine::builder();
                if with_cache {
                    builder = builder.cache(cache(folder.path())?);
                }
                let engine = builder.build()?;
                let (function, time) = timed(|| engine.compile(&source)?.entry_for(&name, args));
                let found = function?.info().provenance.name();
                ensure!(found == if with_cache { "miss" } else { "bypass" }, "`{name}` is {found}");
                // The first ones find a cache without folders, which is not how a cache usually is.
                if turn >= FILLS {
                    sample.push_time(time);
                }
            }
        }
        let row = Row::time(format!("`{label}`, source to callable, not in the cache"), missed);
        section.row(row.peer("cache off", off).target(Target::Ratio(1.02)));
    }
    Ok(())
}
