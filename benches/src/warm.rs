//! The cache in numbers: a process that loads a module of ten functions.
//!
//! The warm start is measured from outside, from before the process is started until the guest's first
//! instruction; beside it, what of that a process takes which does nothing, and the time from the start of
//! `main`, which is what this program can do something about. The guest says when it begins, by looking at the clock before
//! it does anything else: what a call takes after that, and what it takes to clean up, is not of the start.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, bail, ensure};
use ovenbird::{Cache, CacheOptions, Engine, Error, Grants, Source, Tenant, Value};
use serde_json::json;

use crate::context::{Context, json_of, number};
use crate::report::{Row, Section, Target};
use crate::stats::Sample;

pub(crate) const TITLE: &str = "The cache: warm start of ten functions";

/// First argument of the process that is measured.
pub(crate) const CHILD: &str = "warm-start";

/// The functions of `benches/programs/ten_functions.py`.
pub(crate) const FUNCTIONS: [&str; 10] = [
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
/// The first of them, which is called: what it does, and how it says when it began.
const BEGINS: [(&str, &str); 3] = [
    ("\nimport math\n", "\nimport math\nimport time\n"),
    ("\n    points = 0.0\n", "\n    began = time.time()\n    points = 0.0\n"),
    (
        "\n    return max(0.0, min(points, 100.0))\n",
        "\n    return began + 0.0 * max(0.0, min(points, 100.0))\n",
    ),
];
/// Processes in one round.
const STARTS: usize = 40;

pub(crate) fn measure(context: &Context) -> anyhow::Result<Section> {
    let mut section = Section::new(TITLE);
    starts(context, &mut section)?;
    Ok(section)
}

fn starts(context: &Context, section: &mut Section) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let file = program_that_says_when_it_begins(context, folder.path())?;
    // As it is installed. A linker writes its output here and there, and the kernel keeps such a file in small pieces, of which
    // each is a page fault for itself: that alone takes half a millisecond.
    let built = std::env::current_exe()?;
    // Beside it: where temporary files lie may be another kind of file system.
    let installed = tempfile::tempdir_in(built.parent().context("it lies in a folder")?)?;
    let program = installed.path().join("program");
    std::fs::copy(&built, &program)?;
    let start = |folder: &Path| start(&program, folder, &file);
    start(folder.path())?;
    let (mut whole, mut floor, mut net, mut first) = <(_, _, _, Sample)>::default();
    for _ in 0..context.rounds * STARTS {
        let warm = start(folder.path())?;
        ensure!(number(&warm, "compiles")? == 0.0, "a warm start compiled something");
        Sample::push(&mut whole, number(&warm, "since_start")?);
        Sample::push(&mut net, number(&warm, "since_main")?);
        first.push(number(&warm, "functions")?);
        Sample::push(&mut floor, number(&start(Path::new(""))?, "since_start")?);
    }
    let row = Row::time("process start to the first native instruction", whole);
    section.row(row.peer("a process that does nothing", floor));
    let row = Row::time("of it, from the start of `main`", net);
    section.row(row.target(Target::Value(1e-3)));
    section.row(Row::time("of it, ten functions ready to be called", first));
    section.note(
        "A module of 200 lines with ten cached functions of two numbers: source read and hashed, engine made, \
         every entry read, authenticated and loaded, one function called, which as its first statement looks at \
         the clock. Not in it: the C library's and the kernel's share of a start, which the peer shows. The \
         program is a copy, as an installed one is.",
    );
    Ok(())
}

/// Makes the file of the ten functions, of which the first says when it begins.
fn program_that_says_when_it_begins(context: &Context, folder: &Path) -> anyhow::Result<PathBuf> {
    let mut text = std::fs::read_to_string(context.root.join("benches/programs/ten_functions.py"))?;
    for (from, to) in BEGINS {
        ensure!(text.matches(from).count() == 1, "the program does not have the line {from:?} once");
        text = text.replace(from, to);
    }
    let file = folder.join("ten_functions.py");
    std::fs::write(&file, text)?;
    Ok(file)
}

/// Starts one process and gives its report. Without a folder it does nothing.
fn start(program: &Path, folder: &Path, file: &Path) -> anyhow::Result<serde_json::Value> {
    let mut command = Command::new(program);
    command.arg(CHILD).arg(folder).arg(file).arg(nanos().to_string()).stdin(Stdio::null());
    json_of(command)
}

/// The measured process.
pub(crate) fn child(arguments: &[String], started: Instant) -> anyhow::Result<()> {
    let [folder, file, spawned] = arguments else { bail!("{CHILD} FOLDER FILE NANOSECONDS") };
    let spawned: u128 = spawned.parse().context("a time")?;
    let since_start = |now: u128| now.saturating_sub(spawned) as f64 * 1e-9;
    let main = nanos().saturating_sub(started.elapsed().as_nanos());
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
    let tenant = Tenant::default().grants(Grants::none().clock(true));
    let Value::Float(began) = functions[0].call(&tenant, &args)? else { bail!("it says when it began") };
    // A float of so many seconds tells quarters of a microsecond apart.
    let began = (began * 1e9) as u128;
    ensure!(began > main, "it does not say when it began");
    let report = json!({
        "since_start": since_start(began),
        "since_main": (began - main) as f64 * 1e-9,
        "functions": ready,
        "compiles": engine.compiles() + engine.native_compiles(),
    });
    println!("{report}");
    Ok(())
}

fn nanos() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos()
}

pub(crate) fn cache(folder: &Path) -> anyhow::Result<Cache> {
    let mut options = CacheOptions::default().dir(folder.join("cache"));
    options.secret_file = Some(folder.join("secret"));
    let cache = Cache::open(options);
    ensure!(cache.is_on(), "no cache: {:?}", cache.problem());
    Ok(cache)
}
