//! In process: compiling two functions from nothing, by phase, against Numba's first call.

use anyhow::Context as _;
use ovenbird::{Engine, Grants, Source, Timings, Value};
use ovenbird_compiler::infer::Request;

use crate::context::{Context, number};
use crate::report::{Row, Section, Target};
use crate::stats::{Sample, timed};

pub(crate) const TITLE: &str = "In process: compiling, no cache";

/// The smallest function.
pub(crate) const ADD: &str = "\
import ovenbird

@ovenbird.jit(cache=True)
def add(a, b):
    return a + b
";

/// A source, its function, arguments that give the types, and the most seconds.
type Case = (&'static str, Source, &'static str, [Value; 2], f64);

/// The steps of compiling, as they are reported.
type Phase = (&'static str, fn(&Timings) -> std::time::Duration);

const PHASES: [Phase; 4] = [
    ("parse, resolve, infer", |t| t.check),
    ("lower, optimise", |t| t.lower),
    ("encode", |t| t.encode),
    ("native code", |t| t.native),
];

/// The mandelbrot kernel of `benches/programs`.
pub(crate) fn mandelbrot(context: &Context) -> anyhow::Result<Source> {
    let file = context.root.join("benches/programs/mandelbrot.py");
    Ok(Source::new("mandelbrot.py", std::fs::read_to_string(file)?))
}

pub(crate) fn measure(context: &Context) -> anyhow::Result<Section> {
    let mut section = Section::new(TITLE);
    let cases: [Case; 2] = [
        ("add", Source::new("add.py", ADD), "add", [Value::Float(1.0), Value::Float(2.0)], 5e-3),
        ("mandelbrot", mandelbrot(context)?, "kernel", [Value::Int(2), Value::Int(2)], 15e-3),
    ];
    let mut ours: [(Sample, Vec<Timings>); 2] = Default::default();
    let mut numba: [Sample; 2] = Default::default();
    for round in 0..context.rounds.max(3) {
        for ((_, source, name, args, _), (sample, phases)) in cases.iter().zip(&mut ours) {
            for _ in 0..10 {
                let engine = Engine::builder().build()?;
                let (function, time) = timed(|| engine.compile(source).and_then(|p| p.entry_for(name, args)));
                sample.push_time(time);
                phases.push(function?.info().timings);
            }
        }
        if context.has_python() && round < 3 {
            let report = context.compare("compile_numba.py", &[])?;
            for ((label, ..), sample) in cases.iter().zip(&mut numba) {
                let taken = report.get("functions").context("no functions in the report")?;
                sample.push(number(taken, label)?);
            }
        }
    }
    for (((label, _, _, _, most), (sample, phases)), peer) in cases.iter().zip(ours).zip(numba) {
        let row = Row::time(format!("`{label}`, source to callable"), sample);
        section.row(row.peer("Numba", peer).target(Target::Value(*most)));
        for (phase, of) in PHASES {
            let mut sample = Sample::default();
            sample.extend(phases.iter().map(|t| of(t).as_secs_f64()));
            section.row(Row::time(format!("of it, {phase}"), sample));
        }
    }
    example(context, &mut section)?;
    section.note(
        "Numba's figure is the first call of a second function: its start-up, 0.2 to 0.5 s, is left out.",
    );
    Ok(section)
}

/// The units of the example, to see where the cold start goes.
fn example(context: &Context, section: &mut Section) -> anyhow::Result<()> {
    let folder = context.root.join("examples");
    let grants = Grants::none().dir_arg(&format!("{}::", folder.display()))?;
    let source =
        Source::new("cycling.py", std::fs::read_to_string(folder.join("cycling.py"))?).grants(grants);
    let mut check = Sample::default();
    let mut phases: [Sample; 3] = Default::default();
    for _ in 0..context.rounds * 3 {
        let engine = Engine::builder().build()?;
        let program = engine.compile(&source)?;
        let (checked, time) = timed(|| program.check(Request::Run).map(drop));
        checked?;
        check.push_time(time);
        let units = program.load(Request::Run)?;
        for ((_, of), sample) in PHASES[1..].iter().zip(&mut phases) {
            sample.push(units.iter().map(|u| of(&u.timings).as_secs_f64()).sum());
        }
    }
    section.row(Row::time(format!("`examples/cycling.py`, {}", PHASES[0].0), check));
    for ((phase, _), sample) in PHASES[1..].iter().zip(phases) {
        section.row(Row::time(format!("the same, {phase}"), sample));
    }
    Ok(())
}
