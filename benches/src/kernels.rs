//! The kernels of `benches/programs`, warm, one thread, against Numba without fastmath.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use ovenbird::{Engine, Grants, Limits, Output, Source, Tenant, Value};

use crate::context::{Context, number};
use crate::report::{Row, Section, Target, Unit};
use crate::stats::{Sample, geomean};

pub(crate) const TITLE: &str = "Kernels, warm, one thread";

/// Timed calls in a turn.
const CALLS: usize = 3;

/// Limits that no bench reaches; metering and the watchdog are on as for everyone.
pub(crate) fn tenant() -> Tenant {
    let limits =
        Limits::default().cpu_units(i64::MAX as u64).deadline(Duration::from_secs(600)).memory_bytes(4 << 30);
    Tenant::default().limits(limits).grants(Grants::none().clock(true))
}

pub(crate) fn measure(context: &Context, chosen: &[String]) -> anyhow::Result<Section> {
    let mut section = Section::new(TITLE);
    let engine = Engine::builder().build()?;
    let mut names = kernels(&context.root.join("benches/programs"))?;
    names.retain(|name| chosen.is_empty() || chosen.contains(name));
    ensure!(!names.is_empty(), "no kernel of that name");
    for name in &names {
        match kernel(context, &engine, name) {
            Ok(row) => section.row(row),
            Err(error) => section.note(format!("`{name}`: not measured: {error:#}")),
        }
    }
    let ratios = section.ratios();
    if !ratios.is_empty() {
        let all = if ratios.len() == names.len() { "" } else { " of those measured" };
        let mean = Row::new(format!("geometric mean{all}"), Unit::Number, Sample::one(geomean(&ratios)));
        section.row(mean.target(Target::Value(1.3)));
        let worst = Row::new(
            format!("worst{all}"),
            Unit::Number,
            Sample::one(ratios.iter().copied().fold(0.0, f64::max)),
        );
        section.row(worst.target(Target::Value(2.5)));
    }
    Ok(section)
}

/// The names of the programs, sorted.
fn kernels(folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "py") {
            names.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
        }
    }
    names.sort();
    Ok(names)
}

fn kernel(context: &Context, engine: &Engine, name: &str) -> anyhow::Result<Row> {
    let file = format!("{name}.py");
    let text = std::fs::read_to_string(context.root.join("benches/programs").join(&file))?;
    let size = constant(&text, "N_BENCH")?;
    let args = [Value::Int(size), Value::Int(CALLS as i64)];
    let timed = engine.compile(&Source::new(file, text))?.entry_for("timed", &args)?;
    let (mut ours, mut numba) = <(Sample, Sample)>::default();
    for _ in 0..context.rounds.min(3) {
        let outcome = timed.call_with(&tenant(), &args, Output::Capture(Vec::new()));
        let answer = outcome.result?;
        ours.extend(lines(outcome.output.captured())?);
        if context.has_python() {
            let rounds = CALLS.to_string();
            let report = context.compare("kernels_numba.py", &["--kernels", name, "--rounds", &rounds])?;
            let kernel = &report["kernels"][name];
            numba.push(number(kernel, "median")?);
            check(&answer, number(kernel, "checksum")?)?;
        }
    }
    eprintln!("{name:16} {:10.3} ms, Numba {:10.3} ms", ours.median() * 1e3, numba.median() * 1e3);
    Ok(Row::time(format!("`{name}`"), ours).peer("Numba", numba))
}

/// The value of a line `NAME = 1_000`.
fn constant(text: &str, name: &str) -> anyhow::Result<i64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.trim_start().strip_prefix('='));
    let digits = line.with_context(|| format!("no line `{name} =`"))?.trim().replace('_', "");
    digits.parse().with_context(|| format!("`{name}` is not a number"))
}

/// The times that a guest printed, one a line.
pub(crate) fn lines(output: &[u8]) -> anyhow::Result<Vec<f64>> {
    let text = std::str::from_utf8(output)?;
    text.lines().map(|line| line.parse().with_context(|| format!("`{line}` is not a time"))).collect()
}

/// Both sides must have done the same work. C libraries differ in the last bit, and sums carry it on.
fn check(answer: &Value, checksum: f64) -> anyhow::Result<()> {
    let ours = match answer {
        Value::Int(value) => *value as f64,
        Value::Float(value) => *value,
        other => bail!("the kernel returned {other:?}"),
    };
    let close = (ours - checksum).abs() <= 1e-9 * checksum.abs();
    ensure!(close || (ours.is_nan() && checksum.is_nan()), "the answer is {ours}, Numba's is {checksum}");
    Ok(())
}
