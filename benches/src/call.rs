//! In process: from a stored entry to a callable function, and a call in a fresh instance.

use std::path::Path;

use anyhow::ensure;
use ovenbird::{Cache, CacheOptions, DynFunction, Engine, Output, Source, Tenant, Value};

use crate::compile::{ADD, mandelbrot};
use crate::context::Context;
use crate::report::{Row, Section, Target};
use crate::stats::{Sample, timed};

pub(crate) const TITLE: &str = "In process: cache hit, instance, call";

/// Loads that are timed, each on an engine of its own.
const LOADS: usize = 200;
/// Calls in one measurement.
const CALLS: u32 = 1_000;

pub(crate) fn measure(context: &Context) -> anyhow::Result<Section> {
    let mut section = Section::new(TITLE);
    let folder = tempfile::tempdir()?;
    let mandelbrot = mandelbrot(context)?;
    let int = || Value::Int(2);
    let float = || Value::Float(2.0);
    let cases: [(&str, &Source, &str, [Value; 2]); 2] = [
        ("add", &Source::new("add.py", ADD), "add", [float(), float()]),
        ("mandelbrot", &mandelbrot, "kernel", [int(), int()]),
    ];
    let mut engines = Sample::default();
    for (label, source, name, args) in &cases {
        load(&engine(folder.path(), &mut engines)?, source, name, args)?;
        let (mut disk, mut memory) = <(Sample, Sample)>::default();
        for _ in 0..LOADS {
            let engine = engine(folder.path(), &mut engines)?;
            disk.push(load_time(&engine, source, name, args, "hit.l0")?);
            memory.push(load_time(&engine, source, name, args, "hit.mem")?);
        }
        let row = Row::time(format!("`{label}`: disk hit, fresh engine, to callable"), disk);
        section.row(row.target(Target::Value(0.5e-3)));
        section.row(Row::time(format!("`{label}`: memory hit to callable"), memory));
    }
    section.row(Row::time("an engine", engines));
    calls(context, &mut section)?;
    Ok(section)
}

/// An engine with an empty memory and the cache in `folder`.
fn engine(folder: &Path, sample: &mut Sample) -> anyhow::Result<Engine> {
    let mut options = CacheOptions::default().dir(folder.join("cache"));
    options.secret_file = Some(folder.join("secret"));
    let cache = Cache::open(options);
    ensure!(cache.is_on(), "no cache: {:?}", cache.problem());
    let (engine, time) = timed(|| Engine::builder().cache(cache).build());
    sample.push_time(time);
    Ok(engine?)
}

fn load(
    engine: &Engine,
    source: &Source,
    name: &str,
    args: &[Value],
) -> Result<DynFunction, ovenbird::Error> {
    engine.compile(source)?.entry_for(name, args)
}

fn load_time(
    engine: &Engine,
    source: &Source,
    name: &str,
    args: &[Value],
    from: &str,
) -> anyhow::Result<f64> {
    let (function, time) = timed(|| load(engine, source, name, args));
    let found = function?.info().provenance.name();
    ensure!(found == from, "`{name}` is {found}, not {from}");
    Ok(time.as_secs_f64())
}

/// Calls of `add`: all of it, and the part before the guest runs.
fn calls(context: &Context, section: &mut Section) -> anyhow::Result<()> {
    let program = Engine::builder().build()?.compile(&Source::new("add.py", ADD))?;
    let add = program.get::<fn(f64, f64) -> f64>("add")?;
    let tenant = Tenant::default();
    let (mut whole, mut instantiate, mut wall) = <(Sample, Sample, Sample)>::default();
    for _ in 0..context.rounds.max(10) {
        let (sum, time) = timed(|| -> Result<f64, ovenbird::Error> {
            let mut sum = 0.0;
            for i in 0..CALLS {
                sum = add.call(&tenant, (sum, f64::from(i)))?;
            }
            Ok(sum)
        });
        ensure!(sum? == f64::from(CALLS * (CALLS - 1) / 2), "`add` gives a wrong sum");
        whole.push_time(time / CALLS);
        for _ in 0..CALLS / 10 {
            let args = [Value::Float(1.0), Value::Float(2.0)];
            let outcome = add.dynamic().call_with(&tenant, &args, Output::Discard);
            outcome.result?;
            instantiate.push_time(outcome.usage.instantiate);
            wall.push_time(outcome.usage.wall);
        }
    }
    section.row(Row::time("`add`: fresh instance and call", whole).target(Target::Value(30e-6)));
    section.row(Row::time("of it, the instance", instantiate));
    section.row(Row::time("of it, the guest", wall));
    Ok(())
}
