//! Arrow batches: what the border costs beyond the copies, and what a row costs beside a loop in Rust.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use arrow_array::types::Float64Type;
use arrow_array::{Float64Array, RecordBatch, cast::AsArray};
use ovenbird::engine_config::{EngineOptions, new_engine};
use ovenbird::{Engine, Output, Source, Tenant};
use ovenbird_arrow::Batches;

use crate::context::Context;
use crate::report::{Row, Section, Target, Unit};
use crate::stats::{Sample, timed};

/// Rows of the batch whose border is measured, and their bytes.
const ROWS: usize = 8_192;
const BYTES: usize = ROWS * 8;
/// Rows of the batch whose rows are measured.
const MANY: usize = 1 << 20;
const THOUSANDS: f64 = MANY as f64 / 1e3;
/// Calls in one measurement.
const CALLS: u32 = 100;

const TEXT: &str = "\
def size(text):
    return len(text)


def count(df):
    return len(df) if df['x'].sum() >= 0.0 else -1


def line(x):
    return x * 0.5 + 1.0
";

pub(crate) fn measure(context: &Context, section: &mut Section) -> anyhow::Result<()> {
    let program = Engine::builder().build()?.compile(&Source::new("batches.py", TEXT))?;
    let tenant = Tenant::named("acme");
    let small = batch(ROWS)?;
    let size = program.get::<fn(String) -> i64>("size")?;
    let count = program.frames("count", small.schema_ref())?;
    let raw = new_engine(&EngineOptions::default()).map_err(plain)?.engine;
    let source = vec![1_u8; BYTES];
    let (mut with, mut without, mut filled, mut empty) = <(Sample, Sample, Sample, Sample)>::default();
    let mut guest = Sample::default();
    for _ in 0..context.rounds.max(30) {
        // Side by side: on a busy machine all of them take longer at once.
        without.push_time(average(|| {
            ensure!(size.call(&tenant, (String::new(),))? == 0, "a length");
            Ok(())
        })?);
        with.push_time(average(|| {
            let outcome = count.call_batch_with(&tenant, &small, Output::Discard);
            guest.push_time(outcome.usage.wall);
            ensure!(outcome.result?.num_rows() == 1, "one row");
            Ok(())
        })?);
        filled.push_time(average(|| in_memory(&raw, &source))?);
        empty.push_time(average(|| in_memory(&raw, &source[..8]))?);
    }
    // Differences of noisy times are noisier than the times: of those that were disturbed least.
    let copy = filled.best() - empty.best();
    let rest = with.best() - guest.best() - without.best() - copy;
    let row = Row::time("a call with a batch of one column of 8,192 floats", with);
    section.row(row.peer("a call with an empty string", without));
    section.row(Row::time("of that, the guest, which adds them up in order", guest));
    section.row(Row::time("of that, the copy into a memory of its own", Sample::one(copy)));
    let row = Row::new("of that, the rest, in processor cycles", Unit::Number, Sample::one(rest * hertz()?));
    section.row(row.target(Target::Value(10_000.0)));
    section.note(
        "A batch is copied into a memory that is made for the call, because the guest looks at it. The copy is what raw \
         wasmtime takes longer to make a memory and write 64 KiB into it than to make one and write 8 bytes; the rest is \
         what is left of the difference to a call with an empty string.",
    );
    rows(context, section, &program, &tenant)
}

/// A function of a row over a long column.
fn rows(
    context: &Context,
    section: &mut Section,
    program: &ovenbird::Program,
    tenant: &Tenant,
) -> anyhow::Result<()> {
    let large = batch(MANY)?;
    let line = program.rows("line", large.schema_ref())?;
    let (mut whole, mut inner, mut native, mut native_inner) = <(Sample, Sample, Sample, Sample)>::default();
    for _ in 0..context.rounds.max(9) {
        let (outcome, time) = timed(|| line.call_batch_with(tenant, &large, Output::Discard));
        let found = outcome.result?;
        whole.push(time.as_secs_f64() / THOUSANDS);
        inner.push(outcome.usage.wall.as_secs_f64() / THOUSANDS);
        let values = large.column(0).as_primitive::<Float64Type>().values();
        let (out, time) = timed(|| values.iter().map(|x| x * 0.5 + 1.0).collect::<Vec<f64>>());
        native.push(time.as_secs_f64() / THOUSANDS);
        native_inner.push(time.as_secs_f64() / THOUSANDS);
        ensure!(found.column(0).as_primitive::<Float64Type>().values()[..] == out[..], "other values");
    }
    let row = Row::time("a thousand rows of a million, `x * 0.5 + 1.0`, with both copies", whole);
    section.row(row.peer("a loop in Rust", native));
    let row = Row::time("of that, in the guest", inner).peer("a loop in Rust", native_inner);
    section.row(row.target(Target::Ratio(1.3)));
    Ok(())
}

fn batch(rows: usize) -> anyhow::Result<RecordBatch> {
    let values: Float64Array = (0..rows).map(|i| Some(i as f64)).collect();
    Ok(RecordBatch::try_from_iter_with_nullable([("x", Arc::new(values) as _, false)])?)
}

fn average(mut call: impl FnMut() -> anyhow::Result<()>) -> anyhow::Result<Duration> {
    let (result, time) = timed(|| (0..CALLS).try_for_each(|_| call()));
    result?;
    Ok(time / CALLS)
}

/// The least that could work: a memory with bytes in it.
fn in_memory(engine: &wasmtime::Engine, bytes: &[u8]) -> anyhow::Result<()> {
    let mut store = wasmtime::Store::new(engine, ());
    let ty = wasmtime::MemoryType::new(2, Some(65_536));
    let memory = wasmtime::Memory::new(&mut store, ty).map_err(plain)?;
    memory.data_mut(&mut store)[1024..1024 + bytes.len()].copy_from_slice(bytes);
    Ok(())
}

/// wasmtime's errors are not standard errors in the build that Ovenbird uses.
fn plain(error: wasmtime::Error) -> anyhow::Error {
    anyhow::anyhow!("{error:#}")
}

/// Cycles a second, as the system says.
fn hertz() -> anyhow::Result<f64> {
    let text = std::fs::read_to_string("/proc/cpuinfo")?;
    let line = text.lines().find_map(|line| line.strip_prefix("cpu MHz"));
    let value = line.and_then(|rest| rest.trim_start_matches([' ', '\t', ':']).parse::<f64>().ok());
    Ok(value.context("no clock rate in /proc/cpuinfo")? * 1e6)
}
