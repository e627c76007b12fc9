//! What the CPU budget costs: the same IR encoded with and without it. And the library's reductions of
//! an array in the guest, against eight accumulators in native Rust.

use std::hint::black_box;

use anyhow::ensure;
use ovenbird::{Source, Value};

use crate::context::Context;
use crate::guest::Guest;
use crate::kernels::lines;
use crate::report::{Row, Section, Target};
use crate::stats::{Sample, timed};

pub(crate) const TITLE: &str = "Metering and reductions";

/// Elements of the arrays, steps of the loops.
const SIZE: i64 = 10_000_000;
/// Timed calls in a turn.
const CALLS: i64 = 3;
/// Turns for each round asked for: the difference is small, so the sides take many short turns.
const TURNS: usize = 3;
/// Functions of `loops.py` with their names in the table.
const LOOPS: [(&str, &str); 5] = [
    ("library_sum", "`x.sum()` of 1e7 floats"),
    ("ordered_sum", "a loop that adds 1e7 floats"),
    ("remainders", "Σ (i·i) % 7, 1e7 steps"),
    ("shifts", "xorshift, 1e7 steps"),
    ("collatz", "nested `while`, 2e5 numbers"),
];

pub(crate) fn measure(context: &Context) -> anyhow::Result<Section> {
    let mut section = Section::new(TITLE);
    let file = context.root.join("benches/programs/library/loops.py");
    let source = Source::new("loops.py", std::fs::read_to_string(file)?);
    for (name, label) in LOOPS {
        match metering(context, &source, name, label) {
            Ok(row) => section.row(row),
            Err(error) => section.note(format!("`{name}`: not measured: {error:#}")),
        }
    }
    for (name, label) in [("library_sum", "`x.sum()`"), ("library_mean", "`x.mean()`")] {
        match reduction(context, &source, name, label) {
            Ok(row) => section.row(row),
            Err(error) => section.note(format!("`{name}`: not measured: {error:#}")),
        }
    }
    Ok(section)
}

/// The same loop, metered and not, in turn.
fn metering(context: &Context, source: &Source, name: &str, label: &str) -> anyhow::Result<Row> {
    let sides = [Guest::new(source, name, 2, true)?, Guest::new(source, name, 2, false)?];
    let mut samples = [Sample::default(), Sample::default()];
    for _ in 0..context.rounds * TURNS {
        let mut answers = Vec::new();
        for (side, sample) in sides.iter().zip(&mut samples) {
            let (answer, output) = side.call(&[SIZE, CALLS])?;
            sample.extend(lines(&output)?);
            answers.push(answer);
        }
        ensure!(answers[0] == answers[1], "metering changes the answer of `{name}`");
    }
    let [metered, bare] = samples;
    Ok(Row::time(format!("{label}, metered"), metered).peer("not metered", bare).target(Target::Ratio(1.10)))
}

/// A reduction in the guest and in native code, in turn.
fn reduction(context: &Context, source: &Source, name: &str, label: &str) -> anyhow::Result<Row> {
    let guest = Guest::new(source, name, 2, true)?;
    let values = uniform(SIZE as usize, 1);
    let scale = if name == "library_mean" { values.len() as f64 } else { 1.0 };
    let (mut ours, mut native) = <(Sample, Sample)>::default();
    for _ in 0..context.rounds * TURNS {
        let (answer, output) = guest.call(&[SIZE, CALLS])?;
        ours.extend(lines(&output)?);
        let mut sum = 0.0;
        for _ in 0..CALLS {
            let (value, time) = timed(|| eight_ways(black_box(&values)) / scale);
            native.push_time(time);
            sum = value;
        }
        let close = matches!(answer, Value::Float(value) if (value - sum).abs() <= 1e-9 * sum.abs());
        ensure!(close, "the guest says {answer:?}, native code {sum}");
    }
    let row = Row::time(format!("{label} of 1e7 floats in the guest"), ours);
    Ok(row.peer("Rust, 8 ways", native).target(Target::Ratio(1.15)))
}

/// The sum by eight accumulators, as a Rust programmer would have the compiler vectorise it.
fn eight_ways(values: &[f64]) -> f64 {
    let (chunks, rest) = values.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for chunk in chunks {
        for (sum, value) in sums.iter_mut().zip(chunk) {
            *sum += value;
        }
    }
    sums.iter().sum::<f64>() + rest.iter().sum::<f64>()
}

/// The values of `uniform` in the programs.
fn uniform(count: usize, seed: i64) -> Vec<f64> {
    let mut state = seed;
    let next = || {
        state = (state * 1_103_515_245 + 12_345) & 0x7fff_ffff;
        state as f64 / 2_147_483_648.0
    };
    std::iter::repeat_with(next).take(count).collect()
}
