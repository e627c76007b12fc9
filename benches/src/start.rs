//! Whole processes: the example from the start of the process to its end, against CPython with pandas.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};
use serde_json::Value;

use crate::context::{Context, output_of};
use crate::report::{Row, Section, Target};
use crate::stats::{Sample, timed};

pub(crate) const TITLE: &str = "Whole process: `examples/cycling.py`";

/// What the example must print.
const ANSWER: &str = "102.078421";

/// Ovenbird's turns for each of Python's, which is some hundred times slower.
const TURNS: usize = 5;

pub(crate) fn measure(context: &Context) -> anyhow::Result<Section> {
    let mut section = Section::new(TITLE);
    let warm_cache = tempfile::tempdir()?;
    // Fills the cache, and says early if the example does not run.
    run(context, warm_cache.path())?;
    let (mut warm, mut cold, mut floor, mut python, mut empty) = <(_, _, _, _, _)>::default();
    for _ in 0..context.rounds {
        if context.has_python() {
            time(example_in_python(context)?, Some(ANSWER), &mut python)?;
            let mut command = context.python()?;
            command.args(["-c", ""]);
            time(command, None, &mut empty)?;
        }
        for _ in 0..TURNS {
            time(example(context, warm_cache.path()), Some(ANSWER), &mut warm)?;
            let fresh = tempfile::tempdir()?;
            time(example(context, fresh.path()), Some(ANSWER), &mut cold)?;
            let mut command = Command::new(&context.ovenbird);
            command.arg("--version");
            time(command, None, &mut floor)?;
        }
    }
    let both = |row: Row, value, ratio| row.target(Target::Value(value)).target(Target::Ratio(ratio));
    let peer = "CPython + pandas";
    section.row(both(Row::time("warm", warm).peer(peer, python.clone()), 8e-3, 1.0 / 40.0));
    section.row(both(Row::time("cold (cache empty)", cold).peer(peer, python), 40e-3, 1.0 / 10.0));
    section.row(Row::time("a process that does nothing", floor).peer("CPython", empty));
    section.note(format!("Warm, {}. Cold, {}.", sources(context, warm_cache.path())?, {
        let fresh = tempfile::tempdir()?;
        sources(context, fresh.path())?
    }));
    Ok(section)
}

fn example(context: &Context, cache: &Path) -> Command {
    let mut command = Command::new(&context.ovenbird);
    command.arg("run").arg(context.root.join("examples/cycling.py"));
    command.env("OVENBIRD_CACHE_DIR", cache).env_remove("OVENBIRD_CACHE").env_remove("OVENBIRD_DEBUG_CACHE");
    command.env_remove("NUMBA_DEBUG_CACHE").stdin(Stdio::null());
    command
}

fn example_in_python(context: &Context) -> anyhow::Result<Command> {
    let mut command = context.python()?;
    command.arg("cycling.py").current_dir(context.root.join("examples"));
    Ok(command)
}

fn run(context: &Context, cache: &Path) -> anyhow::Result<()> {
    time(example(context, cache), Some(ANSWER), &mut Sample::default())
}

/// Times a process from its start until its output is read to the end.
fn time(command: Command, answer: Option<&str>, sample: &mut Sample) -> anyhow::Result<()> {
    let (output, time) = timed(|| output_of(command));
    let output = output?;
    if answer.is_some_and(|answer| !String::from_utf8_lossy(&output).contains(answer)) {
        bail!("a process printed {:?}", String::from_utf8_lossy(&output));
    }
    sample.push_time(time);
    Ok(())
}

/// Where the code of each unit came from, in words.
fn sources(context: &Context, cache: &Path) -> anyhow::Result<String> {
    let mut command = example(context, cache);
    command.arg("--json");
    let output = command.output()?;
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text.lines().last().context("no usage line")?;
    let usage: Value = serde_json::from_str(line)?;
    let units = usage["units"].as_array().context("no units")?;
    let units: Vec<String> = units
        .iter()
        .map(|u| format!("`{}` is {}", u["unit"].as_str().unwrap_or("?"), u["from"].as_str().unwrap_or("?")))
        .collect();
    Ok(units.join(", "))
}
