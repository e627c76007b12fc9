//! A call of a function of the embedder, beside the same wasm with raw wasmtime's `func_wrap`: the guest's loop
//! and its metering are the same on both sides, the wall around the call is not.

use anyhow::ensure;
use ovenbird::engine_config::{EngineOptions, new_engine};
use ovenbird::{Cost, Engine, HostModule, Source, Tenant, WorkerOptions};
use ovenbird_compiler::abi;
use ovenbird_compiler::infer::Request;
use ovenbird_compiler::types::Type;

use super::{Work, plain};
use crate::context::Context;
use crate::report::{Row, Section};
use crate::stats::{Sample, timed};

/// Calls in one measurement.
const CALLS: i64 = 1_000_000;
/// The same from a worker process.
const THERE: i64 = 20_000;

const SCALARS: &str = "\
from host import step


def f(n):
    t = 0
    for i in range(n):
        t += step(t, 0.5)
    return t
";

const TEXT: &str = "\
from host import size


def f(n):
    t = 0
    for i in range(n):
        t += size('sixteen bytes...')
    return t
";

pub(crate) fn measure(context: &Context, section: &mut Section) -> anyhow::Result<()> {
    let step = |t: i64, x: f64| (t & 1) + i64::from(x < 1.0);
    let host = || -> Result<HostModule, ovenbird::Error> {
        HostModule::new("host")?.function("step", Cost::units(1), step)?.function(
            "size",
            Cost::units(1),
            |text: &str| text.len() as i64,
        )
    };
    let engine = Engine::builder().build()?;
    let tenant = Tenant::named("acme");
    let scalars = engine.compile(&Source::new("scalars.py", SCALARS).host(host()?))?;
    let raw = Raw::new(&scalars, step)?;
    let scalars = scalars.get::<fn(i64) -> i64>("f")?;
    let text = engine.compile(&Source::new("text.py", TEXT).host(host()?))?.get::<fn(i64) -> i64>("f")?;
    let (mut ours, mut theirs, mut texts) = <(Sample, Sample, Sample)>::default();
    for _ in 0..context.rounds.max(5) {
        let (result, time) = timed(|| scalars.call(&tenant, (CALLS,)));
        ours.push(time.as_secs_f64() / CALLS as f64);
        let (expected, time) = timed(|| raw.call(CALLS));
        theirs.push(time.as_secs_f64() / CALLS as f64);
        ensure!(result? == expected?, "another sum");
        let (result, time) = timed(|| text.call(&tenant, (CALLS,)));
        texts.push(time.as_secs_f64() / CALLS as f64);
        ensure!(result? == 16 * CALLS, "another sum");
    }
    section
        .row(Row::time("a call of a host function of scalars, in a loop", ours).peer("raw wasmtime", theirs));
    section.row(Row::time("the same with a text of 16 bytes", texts));
    isolated(context, section, &host()?)
}

/// The same from a worker process: every call is a question to this process and its answer.
fn isolated(context: &Context, section: &mut Section, host: &HostModule) -> anyhow::Result<()> {
    let engine = Engine::builder().workers(WorkerOptions::default()).build()?;
    let function = |text: &str| -> anyhow::Result<Work> {
        Ok(engine.compile(&Source::new("f.py", text).host(host.clone()))?.get("f")?)
    };
    let (scalars, text, tenant) = (function(SCALARS)?, function(TEXT)?, Tenant::named("acme"));
    let (mut sample, mut texts) = <(Sample, Sample)>::default();
    for _ in 0..context.rounds.max(5) {
        let (result, time) = timed(|| scalars.call(&tenant, (THERE,)));
        sample.push(time.as_secs_f64() / THERE as f64);
        result?;
        let (result, time) = timed(|| text.call(&tenant, (THERE,)));
        texts.push(time.as_secs_f64() / THERE as f64);
        ensure!(result? == 16 * THERE, "another sum");
    }
    section.row(Row::time("a call of a host function of scalars from a worker process", sample));
    section.row(Row::time("the same with a text of 16 bytes, from a worker", texts));
    Ok(())
}

/// The wasm of the loop with the function as raw wasmtime wraps it: nothing is charged, nothing checked.
struct Raw {
    engine: wasmtime::Engine,
    module: wasmtime::Module,
    step: fn(i64, f64) -> i64,
}

impl Raw {
    fn new(program: &ovenbird::Program, step: fn(i64, f64) -> i64) -> anyhow::Result<Self> {
        let checked = program.check(Request::Entry("f", &[Type::Int]))?;
        let ir = ovenbird_compiler::intermediate(&checked.units[0], program.engine().options());
        let wasm = ovenbird_compiler::encode::encode(&ir).wasm;
        let engine = new_engine(&EngineOptions::default()).map_err(plain)?.engine;
        let module = wasmtime::Module::new(&engine, &wasm).map_err(plain)?;
        Ok(Raw { engine, module, step })
    }

    fn call(&self, n: i64) -> anyhow::Result<i64> {
        let mut store = wasmtime::Store::new(&self.engine, ());
        let mut linker = wasmtime::Linker::new(&self.engine);
        let memory = wasmtime::MemoryType::new(1, Some(65_536));
        let memory = wasmtime::Memory::new(&mut store, memory).map_err(plain)?;
        linker.define(&store, abi::MODULE, abi::MEMORY, memory).map_err(plain)?;
        for (name, units) in [(abi::FUEL, 0), (abi::BUDGET, i64::MAX)] {
            let ty = wasmtime::GlobalType::new(wasmtime::ValType::I64, wasmtime::Mutability::Var);
            let counter = wasmtime::Global::new(&mut store, ty, wasmtime::Val::I64(units)).map_err(plain)?;
            linker.define(&store, abi::MODULE, name, counter).map_err(plain)?;
        }
        let step = self.step;
        linker.func_wrap(abi::external::MODULE, "0", move |t: i64, x: f64| step(t, x)).map_err(plain)?;
        let instance = linker.instantiate(&mut store, &self.module).map_err(plain)?;
        let main = instance.get_typed_func::<i64, i64>(&mut store, abi::MAIN).map_err(plain)?;
        main.call(&mut store, n).map_err(plain)
    }
}
