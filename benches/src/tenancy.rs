//! Many tenants in one process: what a request costs beside raw wasmtime doing the least that could work,
//! what an idle tenant takes, and whether tenants wait for each other.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::ensure;
use ovenbird::engine_config::{EngineOptions, PoolLimits, new_engine};
use ovenbird::{Engine, Function, Limits, Scheduling, Source, Tenant, WorkerOptions};
use ovenbird_compiler::infer::Request;
use ovenbird_compiler::types::Type;

use crate::batches;
use crate::compile::ADD;
use crate::context::{Context, number};
use crate::report::{Row, Section, Target, Unit};
use crate::stats::{Sample, timed};

mod hostcall;

pub(crate) const TITLE: &str = "Many tenants";

/// Requests in one measurement.
const REQUESTS: u32 = 5_000;
/// Tenants that are registered at once.
const REGISTERED: usize = 10_000;
/// Functions of their own that tenants register.
const FUNCTIONS: usize = 1_000;
/// Tenants that call at once, and what each calls.
const CONCURRENT: usize = 320;
const CALLS_EACH: usize = 20;

/// A function of an integer.
type Work = Function<fn(i64) -> i64>;

const WORK: &str = "\
def work(n):
    t = 0
    for i in range(n):
        t ^= i * i
    return t
";

pub(crate) fn measure(context: &Context) -> anyhow::Result<Section> {
    let mut section = Section::new(TITLE);
    requests(context, &mut section)?;
    hostcall::measure(context, &mut section)?;
    pooling(context, &mut section)?;
    isolated(context, &mut section)?;
    idle(&mut section)?;
    active(&mut section)?;
    concurrency(&mut section)?;
    fairness(&mut section)?;
    monty(context, &mut section)?;
    batches::measure(context, &mut section)?;
    section.note(
        "A request is a fresh store and instance, a call of `add`, and their end. \"Raw wasmtime\" runs the same wasm \
         with a store without data, without limits, watchdog and accounts.",
    );
    section.note(
        "The latencies are from the request of a tenant to its answer; each of the 320 tenants sends its next request \
         when it has the answer to the last. A greedy tenant keeps 64 calls of some 10 ms waiting.",
    );
    Ok(section)
}

/// One request after the other, on one thread and on two.
fn requests(context: &Context, section: &mut Section) -> anyhow::Result<()> {
    let engine = Engine::builder().build()?;
    let program = engine.compile(&Source::new("add.py", ADD))?;
    let add = program.get::<fn(f64, f64) -> f64>("add")?;
    let raw = Raw::new(&engine)?;
    let tenant = Tenant::named("acme");
    let ours = || -> anyhow::Result<()> {
        for i in 0..REQUESTS {
            ensure!(add.call(&tenant, (1.0, f64::from(i)))? == 1.0 + f64::from(i), "a wrong sum");
        }
        Ok(())
    };
    let theirs = || -> anyhow::Result<()> {
        for i in 0..REQUESTS {
            ensure!(raw.request(1.0, f64::from(i))? == 1.0 + f64::from(i), "a wrong sum");
        }
        Ok(())
    };
    let mut samples: [[Sample; 2]; 2] = Default::default();
    for _ in 0..context.rounds.max(5) {
        for (threads, pair) in (1u32..).zip(&mut samples) {
            for (sample, work) in pair.iter_mut().zip([&ours as &(dyn Fn() -> _ + Sync), &theirs]) {
                let (result, time) = timed(|| on_threads(threads, work));
                result?;
                sample.push_time(time / (REQUESTS * threads));
            }
        }
    }
    let [[one, raw_one], [two, raw_two]] = samples;
    let row = Row::time("a request: instance, call, teardown", one).peer("raw wasmtime", raw_one);
    section.row(row.target(Target::Value(10e-6)));
    section.row(Row::time("the same on two threads, per request", two).peer("raw wasmtime", raw_two));
    Ok(())
}

/// A function that needs memory, and one that fills a mebibyte of it.
const TEXT: &str = "def text(n):\n    return len(str(n)) + 1\n";
const FILL: &str = "import numpy as np\n\n\ndef text(n):\n    return int(np.full(131072, n)[5])\n";

fn pooled() -> PoolLimits {
    PoolLimits { slots: 1_000, memory_bytes: 64 << 20 }
}

/// Requests that need memory: from the pool, and made for each.
fn pooling(context: &Context, section: &mut Section) -> anyhow::Result<()> {
    for (name, text) in [("with memory", TEXT), ("that fills 1 MiB", FILL)] {
        for threads in [1u32, 2] {
            let mut samples: [Sample; 2] = Default::default();
            let engines = [Engine::builder().pool(pooled()).build()?, Engine::builder().build()?];
            let functions: Vec<Work> = engines
                .iter()
                .map(|engine| engine.compile(&Source::new("text.py", text))?.get("text"))
                .collect::<Result<_, _>>()?;
            let tenant = Tenant::named("acme");
            for _ in 0..context.rounds.max(5) {
                for (sample, function) in samples.iter_mut().zip(&functions) {
                    let work = || -> anyhow::Result<()> {
                        (0..REQUESTS / 5).try_for_each(|_| Ok(function.call(&tenant, (123,)).map(drop)?))
                    };
                    let (result, time) = timed(|| on_threads(threads, &work));
                    result?;
                    sample.push_time(time / (REQUESTS / 5 * threads));
                }
            }
            let [pool, demand] = samples;
            let row = Row::time(format!("a request {name}, {threads} threads: pool"), pool);
            section.row(row.peer("on demand", demand));
        }
    }
    Ok(())
}

/// The same in worker processes: one that is warm, and a fresh one for each call.
fn isolated(context: &Context, section: &mut Section) -> anyhow::Result<()> {
    for (what, options, calls) in [
        ("a request to a warm worker process", WorkerOptions::default(), 2_000),
        ("the same with a fresh process for each call", WorkerOptions::default().calls(1), 20),
    ] {
        let engine = Engine::builder().workers(options).build()?;
        let add = engine.compile(&Source::new("add.py", ADD))?.get::<fn(f64, f64) -> f64>("add")?;
        let tenant = Tenant::named("acme");
        let mut sample = Sample::default();
        for _ in 0..context.rounds.max(5) {
            let (result, time) = timed(|| -> anyhow::Result<()> {
                for i in 0..calls {
                    ensure!(add.call(&tenant, (1.0, f64::from(i)))? == 1.0 + f64::from(i), "a wrong sum");
                }
                Ok(())
            });
            result?;
            sample.push_time(time / calls);
        }
        section.row(Row::time(what, sample).target(Target::Value(if calls > 20 { 1e-3 } else { 20e-3 })));
    }
    Ok(())
}

/// Memory of a tenant whose call is going on.
fn active(section: &mut Section) -> anyhow::Result<()> {
    const CALLS: u32 = 100;
    let text = TEXT.replace("    return", "    while n > 0:\n        n += 1\n    return");
    let mut taken = Vec::new();
    for pool in [Some(pooled()), None] {
        let scheduling = Scheduling { threads: CALLS as usize, running_per_tenant: 1, waiting_per_tenant: 1 };
        let builder = Engine::builder().scheduling(scheduling);
        let engine =
            pool.map_or(builder, |pool| Engine::builder().scheduling(scheduling).pool(pool)).build()?;
        let work: Work = engine.compile(&Source::new("text.py", text.as_str()))?.get("text")?;
        let before = resident()?;
        let limits = Limits::default().cpu_units(u64::MAX >> 1);
        let tenant = |n| Tenant::named(format!("tenant {n}")).limits(limits.clone());
        let tasks: Vec<_> = (0..CALLS).map(|n| work.spawn(&tenant(n), (1,))).collect();
        std::thread::sleep(Duration::from_secs(2));
        taken.push((resident()? - before) / f64::from(CALLS));
        tasks.into_iter().for_each(|task| {
            task.cancel();
            let _ = task.join();
        });
    }
    let row =
        Row::new("memory of an active tenant, its thread included: pool", Unit::Bytes, Sample::one(taken[0]));
    section.row(row.peer("on demand", Sample::one(taken[1])));
    Ok(())
}

fn on_threads(threads: u32, work: &(dyn Fn() -> anyhow::Result<()> + Sync)) -> anyhow::Result<()> {
    std::thread::scope(|scope| {
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        handles.into_iter().try_for_each(|h| h.join().unwrap_or_else(|_| Err(anyhow::anyhow!("a panic"))))
    })
}

/// The least that could work: the wasm of `add` with nothing around it.
struct Raw {
    engine: wasmtime::Engine,
    pre: wasmtime::InstancePre<()>,
}

impl Raw {
    fn new(engine: &Engine) -> anyhow::Result<Self> {
        let types = [Type::Float, Type::Float];
        let checked = engine.compile(&Source::new("add.py", ADD))?.check(Request::Entry("add", &types))?;
        let ir = ovenbird_compiler::intermediate(&checked.units[0], engine.options());
        let wasm = ovenbird_compiler::encode::encode(&ir).wasm;
        let engine = new_engine(&EngineOptions::default()).map_err(plain)?.engine;
        let module = wasmtime::Module::new(&engine, &wasm).map_err(plain)?;
        let pre = wasmtime::Linker::new(&engine).instantiate_pre(&module).map_err(plain)?;
        Ok(Raw { engine, pre })
    }

    fn request(&self, a: f64, b: f64) -> anyhow::Result<f64> {
        let mut store = wasmtime::Store::new(&self.engine, ());
        let instance = self.pre.instantiate(&mut store).map_err(plain)?;
        let main = instance.get_typed_func::<(f64, f64), f64>(&mut store, "main").map_err(plain)?;
        main.call(&mut store, (a, b)).map_err(plain)
    }
}

/// Memory of tenants that do nothing.
fn idle(section: &mut Section) -> anyhow::Result<()> {
    let engine = Engine::builder().build()?;
    let before = resident()?;
    let tenants: Vec<Tenant> = (0..REGISTERED)
        .map(|i| Tenant::named(format!("tenant {i}")).limits(Limits::default().memory_bytes(64 << 20)))
        .collect();
    let per_tenant = (resident()? - before) / tenants.len() as f64;
    let row =
        Row::new("memory of an idle tenant: limits, grants, name", Unit::Bytes, Sample::one(per_tenant));
    section.row(row.target(Target::Value(32.0 * 1024.0)));
    let before = resident()?;
    let mut functions: Vec<Work> = Vec::new();
    for i in 0..FUNCTIONS {
        let text = format!("{WORK}\ndef mine(n):\n    return work(n) + {i}\n");
        functions.push(engine.compile(&Source::new("mine.py", text))?.get("mine")?);
    }
    let per_function = (resident()? - before) / functions.len() as f64;
    for (i, (function, tenant)) in functions.iter().zip(&tenants).enumerate().step_by(100) {
        ensure!(function.call(tenant, (1,))? == i as i64, "a function of another tenant");
    }
    let row = Row::new("memory of a compiled function of its own", Unit::Bytes, Sample::one(per_function));
    section.row(row.target(Target::Value(32.0 * 1024.0)));
    Ok(())
}

/// Latencies of many tenants at once.
fn concurrency(section: &mut Section) -> anyhow::Result<()> {
    for (mode, pool) in [("", None), (", pool", Some(pooled()))] {
        at_once(section, mode, pool)?;
    }
    Ok(())
}

fn at_once(section: &mut Section, mode: &str, pool: Option<PoolLimits>) -> anyhow::Result<()> {
    let builder = Engine::builder();
    let engine = pool.map_or(builder, |pool| Engine::builder().pool(pool)).build()?;
    let work = engine.compile(&Source::new("work.py", WORK))?.get::<fn(i64) -> i64>("work")?;
    let latencies = std::thread::scope(|scope| -> anyhow::Result<Vec<f64>> {
        let client = |name: usize| {
            let (work, tenant) = (work.clone(), Tenant::named(format!("tenant {name}")));
            move || calls(&work, &tenant, 100_000, CALLS_EACH)
        };
        let handles: Vec<_> = (0..CONCURRENT).map(|name| scope.spawn(client(name))).collect();
        let mut all = Vec::new();
        for handle in handles {
            all.extend(handle.join().map_err(|_| anyhow::anyhow!("a panic"))??);
        }
        Ok(all)
    })?;
    let (middle, high) = (quantile(&latencies, 0.5), quantile(&latencies, 0.99));
    section
        .row(Row::time(format!("{CONCURRENT} tenants at once{mode}: median latency"), Sample::one(middle)));
    section.row(Row::time(format!("the same{mode}: 99th percentile"), Sample::one(high)));
    let row = Row::new(
        format!("the same{mode}: 99th percentile by median"),
        Unit::Number,
        Sample::one(high / middle),
    );
    section.row(row.target(Target::Value(5.0)));
    Ok(())
}

/// A tenant's latency alone, and beside one that asks for far more than its share.
fn fairness(section: &mut Section) -> anyhow::Result<()> {
    let engine = Engine::builder().build()?;
    let work = engine.compile(&Source::new("work.py", WORK))?.get::<fn(i64) -> i64>("work")?;
    let modest = Tenant::named("modest");
    let alone = calls(&work, &modest, 1_000_000, 50)?;
    let stop = Arc::new(AtomicBool::new(false));
    let greedy = {
        let (work, stop) = (work.clone(), stop.clone());
        std::thread::spawn(move || {
            let tenant = Tenant::named("greedy");
            let mut waiting = std::collections::VecDeque::new();
            while !stop.load(Ordering::Relaxed) {
                while waiting.len() < 64 {
                    waiting.push_back(work.spawn(&tenant, (20_000_000,)));
                }
                if let Some(task) = waiting.pop_front() {
                    let _ = task.join();
                }
            }
        })
    };
    std::thread::sleep(Duration::from_millis(100));
    let beside = calls(&work, &modest, 1_000_000, 50);
    stop.store(true, Ordering::Relaxed);
    ensure!(greedy.join().is_ok(), "the greedy tenant failed");
    let (mut ours, mut undisturbed) = <(Sample, Sample)>::default();
    ours.extend(beside?);
    undisturbed.extend(alone);
    let row = Row::time("a call beside a greedy tenant", ours).peer("alone", undisturbed);
    section.row(row.target(Target::Ratio(3.0)));
    Ok(())
}

/// Seconds from request to answer of calls that follow each other.
fn calls(work: &Work, tenant: &Tenant, turns: i64, count: usize) -> anyhow::Result<Vec<f64>> {
    let mut latencies = Vec::with_capacity(count);
    for _ in 0..count {
        let asked = Instant::now();
        work.spawn(tenant, (turns,)).join().result?;
        latencies.push(asked.elapsed().as_secs_f64());
    }
    Ok(latencies)
}

/// A sandboxed interpreter doing the same.
fn monty(context: &Context, section: &mut Section) -> anyhow::Result<()> {
    let engine = Engine::builder().build()?;
    let tenant = Tenant::named("acme");
    let (mut fresh, mut loops) = <(Sample, Sample)>::default();
    let one_plus_one = Source::new("one.py", "def f():\n    return 1 + 1\n");
    let looping = Source::new("work.py", WORK);
    for _ in 0..context.rounds.max(20) {
        // From the text, as the interpreter; the code is in memory, as its worker process is.
        let (two, time) = timed(|| engine.compile(&one_plus_one)?.get::<fn() -> i64>("f")?.call(&tenant, ()));
        ensure!(two? == 2, "one and one");
        fresh.push_time(time);
        let work = engine.compile(&looping)?.get::<fn(i64) -> i64>("work")?;
        let (result, time) = timed(|| work.call(&tenant, (1_000_000,)));
        result?;
        loops.push_time(time);
    }
    let (mut theirs, mut their_loops) = <(Sample, Sample)>::default();
    if context.has_python() {
        let report = context.compare("tenancy_monty.py", &[])?;
        theirs.push(number(&report["fresh"], "median")?);
        their_loops.push(number(&report["loop"], "median")?);
    }
    section.row(Row::time("text to answer in a fresh sandbox, `1 + 1`", fresh).peer("Monty", theirs));
    section.row(Row::time("a loop of a million turns in it", loops).peer("Monty", their_loops));
    Ok(())
}

fn quantile(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[((sorted.len() - 1) as f64 * part) as usize]
}

/// Bytes of memory that this process has.
fn resident() -> anyhow::Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib: Option<f64> = line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok());
    kib.map(|kib| kib * 1024.0).ok_or_else(|| anyhow::anyhow!("no VmRSS"))
}

/// wasmtime's errors are not standard errors in the build that Ovenbird uses.
fn plain(error: wasmtime::Error) -> anyhow::Error {
    anyhow::anyhow!("{error:#}")
}
