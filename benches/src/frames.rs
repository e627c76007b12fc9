//! Parquet files in processes of their own: means of two columns of ten million rows against pandas, a
//! function of each row against a Numba loop, and the peak memory of both sides.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::context::{Context, json_of, number};
use crate::report::{Row, Section, Target, Unit};
use crate::stats::Sample;
use crate::worker::Program;

pub(crate) const TITLE: &str = "Frames";

/// Timed calls in a process, after the first.
const CALLS: &str = "3";

/// What processes report, over all rounds.
#[derive(Default)]
struct Side {
    first: Sample,
    again: Sample,
    peak: Sample,
    answer: Value,
}

impl Side {
    fn add(&mut self, report: &Value) -> anyhow::Result<()> {
        self.first.push(number(report, "first")?);
        self.again.push(number(report, "median")?);
        if let Ok(peak) = number(report, "peak_bytes") {
            self.peak.push(peak);
        }
        self.answer = report["answer"].clone();
        Ok(())
    }
}

pub(crate) fn measure(context: &Context) -> anyhow::Result<Section> {
    let mut section = Section::new(TITLE);
    if let Err(error) = means(context, &mut section) {
        section.note(format!("means of two columns: not measured: {error:#}"));
    }
    for (program, label) in
        [(Program::HaversineLoop, "`for` over the rows"), (Program::HaversineApply, "`df.apply(axis=1)`")]
    {
        if let Err(error) = haversine(context, &mut section, program, label) {
            section.note(format!("haversine, {label}: not measured: {error:#}"));
        }
    }
    section.note("\"first\" compiles (Ovenbird) and reads; \"again\" is the median of later calls in the same process.");
    Ok(section)
}

/// The example's function over a long and wide file.
fn means(context: &Context, section: &mut Section) -> anyhow::Result<()> {
    let file = context.data("cycling_10m.parquet", "make_cycling_10m.py", 10_000_000)?;
    let short = context.data("cycling_1m.parquet", "make_cycling_10m.py", 1_000_000)?;
    let (mut ours, mut pandas, mut ours_short) = <(Side, Side, Side)>::default();
    for _ in 0..context.rounds {
        ours.add(&ovenbird(Program::Cycling, &file)?)?;
        ours_short.add(&ovenbird(Program::Cycling, &short)?)?;
        if context.has_python() {
            let file = file.to_str().context("a path that is not UTF-8")?;
            pandas.add(&context.compare("cycling_pandas.py", &[file, "--columns", "--rounds", CALLS])?)?;
            same_means(&ours.answer, &pandas.answer)?;
        }
    }
    let peer = "pandas, `columns=`";
    let slower = Target::Ratio(1.0);
    section
        .row(Row::time("means, 10 million rows, first", ours.first).peer(peer, pandas.first).target(slower));
    section
        .row(Row::time("means, 10 million rows, again", ours.again).peer(peer, pandas.again).target(slower));
    let (long, short) = (ours.peak.median(), ours_short.peak.median());
    section.row(Row::new("peak memory, 10 million rows", Unit::Bytes, ours.peak).peer(peer, pandas.peak));
    section.row(Row::new("peak memory, 1 million rows", Unit::Bytes, ours_short.peak));
    let growth = Row::new("peak, 10 million by 1 million rows", Unit::Number, Sample::one(long / short));
    section.row(growth.target(Target::Value(1.5)));
    Ok(())
}

/// A function of four columns, row by row, the reading of the file included.
fn haversine(context: &Context, section: &mut Section, program: Program, label: &str) -> anyhow::Result<()> {
    let file = context.data("points_1m.parquet", "make_points.py", 1_000_000)?;
    let (mut ours, mut numba) = <(Side, Side)>::default();
    for _ in 0..context.rounds.min(3) {
        ours.add(&ovenbird(program, &file)?)?;
        if context.has_python() {
            let file = file.to_str().context("a path that is not UTF-8")?;
            numba.add(&context.compare("haversine_numba.py", &[file, "--rounds", CALLS])?)?;
            let (mine, theirs) = (ours.answer.as_f64(), numba.answer.as_f64());
            let (mine, theirs) = mine.zip(theirs).context("an answer that is not a number")?;
            ensure!((mine - theirs).abs() <= 1e-9 * theirs, "the answer is {mine}, Numba's is {theirs}");
        }
    }
    let row = Row::time(format!("haversine, 1 million rows, {label}, again"), ours.again);
    section.row(row.peer("Numba loop", numba.again).target(Target::Ratio(2.0)));
    section.row(Row::time("the same, first", ours.first).peer("Numba loop", numba.first));
    Ok(())
}

/// A worker process of this program over a file.
fn ovenbird(program: Program, file: &Path) -> anyhow::Result<Value> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["worker", program.name()]).arg(file).args(["--rounds", CALLS]);
    json_of(command)
}

/// `ours` is printed text, with six decimals.
fn same_means(ours: &Value, pandas: &Value) -> anyhow::Result<()> {
    let text = ours.as_str().context("no text")?;
    for name in ["power", "speed"] {
        let theirs = number(pandas, name)?;
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        let mine: f64 = line.with_context(|| format!("no {name} in {text:?}"))?.trim().parse()?;
        ensure!((mine - theirs).abs() <= 1e-6, "{name} is {mine}, in pandas {theirs}");
    }
    Ok(())
}
