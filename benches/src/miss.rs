//! What a miss costs: compiling what a cache in use does not have, against compiling without one.
//!
//! Three figures of each function. The first is what its caller waits for. The other two hold what comes after that:
//! entries are stored by a thread of their own when compiling is over, and somebody pays for that, too.

use std::time::{Duration, Instant};

use anyhow::ensure;
use ovenbird::{Engine, Error, Grants, Source, Value};
use rustix::time::{ClockId, clock_gettime};

use crate::compile::{ADD, mandelbrot};
use crate::context::Context;
use crate::report::{Row, Section, Target};
use crate::stats::Sample;
use crate::warm;

pub(crate) const TITLE: &str = "The cache: cost of a miss";

/// A function of the size that data functions have: the other two that miss are smaller than what storing them takes.
const MEANS: &str = "\
import ovenbird
import pandas as pd

@ovenbird.jit(cache=True)
def means_TURN():
    df = pd.read_parquet(\"data/cycling_dataset.pq\")
    print(df[[\"power\", \"speed\"]].mean() + TURN.25)
";

/// Compilations in one round.
const COMPILES: usize = 40;
/// Functions that are compiled before the measurement, which fill the cache.
const FILLS: usize = 200;

/// What is compiled, with `TURN` where each compilation has another number.
struct Case {
    label: &'static str,
    text: String,
    functions: Vec<&'static str>,
    args: &'static [Value],
}

/// Times until the function can be called, until it is stored as well, and of the processors until then.
#[derive(Default)]
struct Samples {
    callable: Sample,
    stored: Sample,
    processor: Sample,
}

/// The functions have a new constant each time, so that every level misses: text, program and wasm.
fn cases(context: &Context) -> anyhow::Result<Vec<Case>> {
    let kernel = mandelbrot(context)?.text().replace("-1.25", "-TURN.25").replace("kernel", "kernel_TURN");
    let add = ADD.replace("a + b", "a + b + TURN.25").replace("def add", "def add_TURN");
    let module = std::fs::read_to_string(context.root.join("benches/programs/ten_functions.py"))?;
    let module = module.replace("\n    return ", "\n    return TURN.25 + ");
    let numbers: &[Value] = &[Value::Float(1.0), Value::Float(2.0)];
    let case = |label, text, functions, args| Case { label, text, functions, args };
    Ok(vec![
        case("add", add, vec!["add_TURN"], numbers),
        case("mandelbrot", kernel, vec!["kernel_TURN"], &[Value::Int(2), Value::Int(2)]),
        case("means of a frame, printed", MEANS.to_owned(), vec!["means_TURN"], &[]),
        case("ten functions in 200 lines", module, warm::FUNCTIONS.to_vec(), numbers),
    ])
}

pub(crate) fn measure(context: &Context) -> anyhow::Result<Section> {
    let mut section = Section::new(TITLE);
    let folder = tempfile::tempdir()?;
    let grants = Grants::none().dir_arg(&format!("{}::", context.root.join("examples").display()))?;
    for case in cases(context)? {
        let (mut missed, mut off) = <(Samples, Samples)>::default();
        let fills = FILLS / case.functions.len();
        for turn in 0..fills + context.rounds * COMPILES {
            let of_turn = |text: &str| text.replace("TURN", &turn.to_string());
            let source = Source::new("fresh.py", of_turn(&case.text)).grants(grants.clone());
            let names: Vec<String> = case.functions.iter().map(|name| of_turn(name)).collect();
            // Both go first equally often: the second one finds the machine as the first one leaves it.
            for with_cache in [turn % 2 == 0, turn % 2 == 1] {
                let engine = match with_cache {
                    true => Engine::builder().cache(warm::cache(folder.path())?).build()?,
                    false => Engine::builder().build()?,
                };
                let [callable, stored, processor] = compile(&engine, &source, &names, case.args)?;
                // The first ones find a cache without folders, which is not how a cache usually is.
                if turn >= fills {
                    let samples = if with_cache { &mut missed } else { &mut off };
                    samples.callable.push_time(callable);
                    samples.stored.push_time(stored);
                    samples.processor.push_time(processor);
                }
            }
        }
        let row = |what: &str, ours, peer| {
            Row::time(format!("`{}`, {what}", case.label), ours).peer("cache off", peer)
        };
        let callable = row("source to callable, not in the cache", missed.callable, off.callable);
        section.row(callable.target(Target::Ratio(1.02)));
        section.row(row("until it is stored", missed.stored, off.stored));
        section.row(row("processor time until then", missed.processor, off.processor));
    }
    Ok(section)
}

/// Compiles functions, one after the other, with an engine of its own.
fn compile(
    engine: &Engine,
    source: &Source,
    names: &[String],
    args: &[Value],
) -> anyhow::Result<[Duration; 3]> {
    let (started, used) = (Instant::now(), processor_time());
    let program = engine.compile(source)?;
    let functions: Result<Vec<_>, Error> = names.iter().map(|name| program.entry_for(name, args)).collect();
    let callable = started.elapsed();
    engine.cache().flush();
    let (stored, processor) = (started.elapsed(), processor_time().saturating_sub(used));
    for function in functions? {
        let found = function.info().provenance.name();
        ensure!(found == if engine.cache().is_on() { "miss" } else { "bypass" }, "it is {found}");
    }
    Ok([callable, stored, processor])
}

/// Of all threads of this process.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}
