//! The compile budget: every limit refuses one more than it allows, with numbers and a place; time stops the
//! compiler wherever it is, and is remembered nowhere.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::time::Duration;

use ovenbird::cache::Secret;
use ovenbird::{
    Cache, CacheOptions, CompileBudget, CompileLimit, Engine, EngineBuilder, Error, LimitExceeded, LimitKind,
    Source, Tenant,
};
use ovenbird_compiler::budget::Exceeded;
use ovenbird_compiler::guard::{Guard, Ledger};
use ovenbird_compiler::infer::Request;
use ovenbird_compiler::resolve::World;
use ovenbird_compiler::schema::{Schema, SchemaProblem};
use ovenbird_compiler::types::Type;

/// Something of everything that is counted.
const PROGRAM: &str = "\
def total(t):
    s = 0
    for x in t:
        s += x * 2 + 1
    return s


def f(n):
    a, b = total((n, 2, 3)), [n, n + 1]
    for i in range(n):
        b.append(i)
    if a > 3:
        a -= 1
    elif a > 2:
        a -= 2
    return a + len(b) + n
";

/// Compiles the program anew.
fn compile(budget: &CompileBudget) -> Result<(), Error> {
    let engine = super::engine();
    let program = engine.compile_within(&Source::new("main.py", PROGRAM), budget)?;
    let f = program.get::<fn(i64) -> i64>("f")?;
    assert_eq!(f.call(&Tenant::default(), (4,))?, 30);
    Ok(())
}

/// The least amount that is enough; `most` is.
pub(crate) fn least(most: u64, is_enough: impl Fn(u64) -> bool) -> u64 {
    let (mut too_little, mut enough) = (0, most);
    assert!(is_enough(enough) && !is_enough(too_little), "something is needed, and no more than {most}");
    while enough - too_little > 1 {
        let middle = too_little + (enough - too_little) / 2;
        if is_enough(middle) { enough = middle } else { too_little = middle }
    }
    enough
}

/// The least of a limit with which the program compiles.
fn needed(which: CompileLimit) -> u64 {
    let with = |amount| compile(&CompileBudget::default().with(which, amount)).is_ok();
    least(CompileBudget::default().allowed(which), with)
}

/// A limit at what the program needs, and one below: called for each by the table in `limits.rs`.
pub(crate) fn is_exact(which: CompileLimit) {
    let needed = needed(which);
    compile(&CompileBudget::default().with(which, needed)).expect("what it needs is enough");
    let budget = CompileBudget::default().with(which, needed - 1);
    let error = compile(&budget).expect_err("one less is too little");
    let limit = error.limit().expect("a limit");
    let wanted = LimitExceeded { which: LimitKind::Compile(which), used: needed, allowed: needed - 1 };
    assert_eq!(limit, wanted);
    let again = compile(&budget).expect_err("again").to_string();
    let shown = error.to_string();
    assert_eq!(shown, again, "a refusal is the same every time");
    assert!(shown.contains("main.py:"), "{which:?} has no place: {shown}");
    let numbers = format!("{} exceeded: used {needed}, allowed {}", which.name(), needed - 1);
    assert!(shown.contains(&numbers), "{shown}");
}

/// The clock is different: no time is too little, and the default is enough.
pub(crate) fn time_is_a_limit() {
    let none = CompileBudget::default().with(CompileLimit::Time, 0);
    let limit = compile(&none).expect_err("no time").limit().expect("a limit");
    assert_eq!((limit.which, limit.allowed), (LimitKind::Compile(CompileLimit::Time), 0));
    assert!(limit.used > 0);
    compile(&CompileBudget::default()).expect("the default is enough");
}

#[test]
fn an_engine_has_a_budget_for_all_its_programs() {
    let budget = CompileBudget::default().with(CompileLimit::Tokens, 3);
    let engine = Engine::builder().compile_budget(budget.clone()).build().expect("an engine");
    assert_eq!(engine.compile_budget(), &budget);
    assert!(engine.compile(&Source::new("a.py", "x = 1\n")).is_ok());
    let error = engine.compile(&Source::new("a.py", "x = 12 + 3\n")).err().and_then(|e| e.limit());
    assert_eq!(error.map(|limit| limit.used), Some(4));
    let scoped = engine.scope(&ovenbird::Scope::new("acme"));
    assert_eq!(scoped.compile_budget(), &budget, "a tenant's part has the same");
}

#[test]
fn imported_files_count_as_well() {
    let project =
        ovenbird_tests::project::Project::new(&[("helpers.py", &format!("X = 1{}\n", " + 1".repeat(50)))]);
    let source = Source::new("main.py", "import helpers\n\n\ndef f():\n    return helpers.X\n");
    let source = source.grants(project.grants());
    for (which, own) in [(CompileLimit::Tokens, 40), (CompileLimit::SourceBytes, 100)] {
        let budget = CompileBudget::default().with(which, own);
        let program = super::engine().compile_within(&source, &budget).expect("its own text is small");
        let error = program.get::<fn() -> i64>("f").map(drop).expect_err("the other is not");
        assert_eq!(error.limit().map(|limit| limit.which), Some(LimitKind::Compile(which)), "{error}");
        assert!(error.to_string().contains("helpers.py:"), "{error}");
    }
}

/// The least of a limit with which a program of so many `@jit` functions, each a unit, runs.
fn needed_by_units(which: CompileLimit, units: usize) -> u64 {
    let function = |i| format!("@jit\ndef g{i}(n):\n    while n > {i}:\n        n -= 3\n    return n\n\n\n");
    let functions: String = (10..10 + units).map(function).collect();
    let calls: String = (10..10 + units).map(|i| format!("g{i}(50)\n")).collect();
    let source = Source::new("main.py", format!("from ovenbird import jit\n\n\n{functions}{calls}"));
    let with = |amount| {
        let budget = CompileBudget::default().with(which, amount);
        let program = super::engine().compile_within(&source, &budget);
        program.and_then(|program| program.run(&Tenant::default(), ovenbird::Output::Discard).result).is_ok()
    };
    least(CompileBudget::default().allowed(which), with)
}

/// Without `sum.fetch_add` in `compiler/src/guard.rs`: each unit has the whole of it for itself.
#[test]
fn what_the_units_of_a_program_take_adds_up() {
    for which in [CompileLimit::NativeWork, CompileLimit::Memory] {
        let [one, two, nine] = [1, 2, 9].map(|units| needed_by_units(which, units));
        let each = two - one;
        assert!(each > 0 && nine >= one + each * 7, "{which:?}: {one}, {two}, {nine}");
    }
}

#[test]
fn a_text_with_too_many_values_in_a_signature_is_refused_and_not_a_fault() {
    let items = vec!["x"; 1_000].join(", ");
    let text = format!(
        "def g(t, n):\n    if n > 0:\n        return g(t, n - 1)\n    return t\n\n\ndef f(x):\n    return g(({items}), x)[999]\n"
    );
    let program = super::program(&text);
    let error = program.get::<fn(i64) -> i64>("f").map(drop).expect_err("too many");
    let limit = error.limit().expect("a limit");
    assert_eq!(
        (limit.which, limit.used, limit.allowed),
        (LimitKind::Compile(CompileLimit::Scalars), 1_001, 1_000)
    );
}

/// A world without anything, which says stop when it was asked so many times.
struct Impatient {
    asked: AtomicUsize,
    patience: usize,
}

const STOP: Exceeded = Exceeded { which: CompileLimit::Time, used: 2, allowed: 1 };

impl Impatient {
    fn new(patience: usize) -> Self {
        Impatient { asked: AtomicUsize::new(0), patience }
    }

    fn ask(&self) -> Option<Exceeded> {
        (self.asked.fetch_add(1, Ordering::Relaxed) >= self.patience).then_some(STOP)
    }
}

impl World for Impatient {
    fn module(&self, _: &str) -> Option<(String, String)> {
        None
    }

    fn schema(&self, _: &str) -> Result<Arc<Schema>, SchemaProblem> {
        Err(SchemaProblem { denied: false, text: String::new() })
    }

    fn stopped(&self) -> Option<Exceeded> {
        self.ask()
    }
}

/// The library.
pub(crate) struct Stdlib;

impl ovenbird_compiler::resolve::Library for Stdlib {
    fn get(&self, path: &str) -> Option<&str> {
        ovenbird_stdlib::get(path)
    }

    fn is_package(&self, path: &str) -> bool {
        let prefix = format!("{path}/");
        ovenbird_stdlib::MODULES.iter().any(|(known, _)| known.starts_with(&prefix))
    }
}

/// Without `self.look` in `compiler/src/resolve.rs`: files are read and inferred after the time.
#[test]
fn time_stops_inference_wherever_it_is() {
    let main = ("main", "main.py", PROGRAM);
    let mut patience = 0;
    loop {
        let world = Impatient::new(patience);
        let types = [Type::Int];
        let (_, result) =
            ovenbird_compiler::infer::Program::check(&world, &Stdlib, main, Request::Entry("f", &types));
        match result {
            Ok(_) => break,
            Err(errors) => assert_eq!(errors.first().limit, Some(STOP), "after {patience} questions"),
        }
        patience += 1;
    }
    assert!(patience >= 5, "asked only {patience} times");
}

/// Without `self.resolver.look` in `compiler/src/infer.rs`: time is looked at when a file is read, and not again however long
/// inference takes.
#[test]
fn time_is_looked_at_the_more_often_the_more_there_is_to_infer() {
    let asked = |lines: usize| {
        let body: String = (0..lines).map(|_| "    x = x * 2 + 1\n").collect();
        let text = format!("def f(x):\n{body}    return x\n");
        let (world, types) = (Impatient::new(usize::MAX), [Type::Int]);
        let main = ("main", "main.py", text.as_str());
        let (_, result) =
            ovenbird_compiler::infer::Program::check(&world, &Stdlib, main, Request::Entry("f", &types));
        assert!(result.is_ok(), "it is right");
        world.asked.into_inner()
    };
    let (short, long) = (asked(1), asked(2_000));
    assert!(long >= short + 5, "{short} and {long}");
}

/// Without `self.stopped` in `look` in `compiler/src/guard.rs`: the passes and the encoder go on after their time.
#[test]
fn time_stops_the_passes_and_the_encoder_wherever_they_are() {
    let types = [Type::Int];
    // What the compiler makes of it is looked at here, in this process.
    let engine = ovenbird::Engine::builder().build().expect("the engine can be made");
    let program = engine.compile(&ovenbird::Source::new("test.py", PROGRAM)).expect("it can be parsed");
    let checked = program.check(Request::Entry("f", &types)).expect("it is right");
    let (unit, options) = (&checked.units[0], ovenbird_compiler::Options::default());
    let budget = CompileBudget::default();
    let attempt = |patience| {
        let world = Impatient::new(patience);
        let (ledger, stopped) = (Ledger::default(), || world.ask());
        let guard = Guard::new(&budget, &ledger, &stopped);
        let module = ovenbird_compiler::intermediate_within(unit, &options, &guard)?;
        ovenbird_compiler::encode::encode_within(&module, &guard)
    };
    let mut patience = 0;
    let artifact = loop {
        match attempt(patience) {
            Ok(artifact) => break artifact,
            Err(refused) => assert_eq!(refused.exceeded, STOP, "after {patience} questions"),
        }
        patience += 1;
    };
    let passes = 15;
    assert!(patience > passes * artifact.functions.len(), "asked only {patience} times");
    let unbounded = ovenbird_compiler::build(unit, &options);
    assert_eq!(artifact.encode(), unbounded.encode(), "a budget never changes the code");
}

fn cached_engine(folder: &tempfile::TempDir) -> Engine {
    cached_engine_with(folder, Engine::builder())
}

fn cached_engine_with(folder: &tempfile::TempDir, builder: EngineBuilder) -> Engine {
    let (dir, secret) = (Some(folder.path().join("cache")), Some(Secret::from_bytes([7; 32])));
    let cache = Cache::open(CacheOptions { dir, secret, ..CacheOptions::default() });
    builder.cache(cache).build().expect("an engine")
}

const CACHED: &str = "\
import ovenbird


@ovenbird.jit(cache=True)
def f(n):
    return n + 1


print(f(1))
";

/// How running it ends under a budget.
fn run(engine: &Engine, budget: &CompileBudget) -> Result<(), Error> {
    let program = engine.compile_within(&Source::new("main.py", CACHED), budget)?;
    program.run(&Tenant::default(), ovenbird::Output::Discard).result.map(drop)
}

#[test]
fn a_compile_that_time_stopped_is_not_remembered() {
    let folder = tempfile::tempdir().expect("a folder");
    let none = CompileBudget::default().with(CompileLimit::Time, 0);
    for _ in 0..3 {
        let engine = cached_engine(&folder);
        let error = run(&engine, &none).expect_err("no time");
        assert_eq!(error.limit().map(|l| l.which), Some(LimitKind::Compile(CompileLimit::Time)));
        let Error::Compile(error) = error else { panic!("{error}") };
        assert!(!error.cached, "a refusal came from the cache");
    }
    let kept = cached_engine(&folder).cache().list();
    assert!(kept.iter().all(|entry| !entry.label.contains("diagnostics")), "{kept:?}");
    run(&cached_engine(&folder), &CompileBudget::default()).expect("with time it works");
    // And what is in the cache takes no time to compile.
    run(&cached_engine(&folder), &none).expect("from the cache");
}

#[test]
fn a_compile_that_time_stopped_does_not_stop_others() {
    for round in 0..5 {
        let folder = tempfile::tempdir().expect("a folder");
        let engine = if round == 0 { super::engine() } else { cached_engine(&folder) };
        let barrier = Barrier::new(8);
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let (engine, barrier) = (engine.clone(), &barrier);
                scope.spawn(move || {
                    let time = if thread % 2 == 0 { Duration::ZERO } else { Duration::from_secs(600) };
                    let budget = CompileBudget::default().time(time);
                    barrier.wait();
                    let ended = run(&engine, &budget);
                    // Who has no time may still find what another made.
                    assert!(ended.is_ok() || time.is_zero(), "{ended:?}");
                });
            }
        });
        assert!(engine.compiles() >= 1);
    }
}

/// Limits of what comes after inference.
const AFTER_INFERENCE: [CompileLimit; 5] = [
    CompileLimit::NativeWork,
    CompileLimit::Operations,
    CompileLimit::FunctionOperations,
    CompileLimit::Locals,
    CompileLimit::WasmBytes,
];

#[test]
fn who_only_asks_why_is_refused_what_a_run_is_refused() {
    for which in AFTER_INFERENCE {
        let folder = tempfile::tempdir().expect("a folder");
        let engine = cached_engine(&folder);
        let budget = CompileBudget::default().with(which, 0);
        let program = engine.compile_within(&Source::new("main.py", CACHED), &budget).expect("it parses");
        let why = program.why(Request::Entry("f", &[Type::Int])).expect_err("too much").to_string();
        let run = program.entry("f", &[Type::Int]).map(drop).expect_err("too much").to_string();
        assert_eq!(why, run, "{which:?}");
        assert!(why.contains(&format!("{} exceeded", which.name())) && why.contains("main.py:"), "{why}");
    }
}

#[test]
fn code_that_is_stored_is_used_under_a_budget_that_would_not_have_made_it() {
    let folder = tempfile::tempdir().expect("a folder");
    run(&cached_engine(&folder), &CompileBudget::default()).expect("it is stored");
    let by_text = |budget: &CompileBudget| run(&cached_engine(&folder), budget);
    let inferred = |budget: &CompileBudget| {
        let engine = cached_engine_with(&folder, Engine::builder().probes(false));
        let ended = run(&engine, budget);
        assert_eq!(engine.compiles(), 0);
        ended
    };
    for which in AFTER_INFERENCE {
        let none = CompileBudget::default().with(which, 0);
        by_text(&none).expect("it is not compiled");
        inferred(&none).expect("it is inferred and not compiled");
        run(&super::engine(), &none).expect_err("it is compiled");
    }
    for which in [CompileLimit::Steps, CompileLimit::TypeNodes, CompileLimit::CallDepth, CompileLimit::Time] {
        let none = CompileBudget::default().with(which, 0);
        by_text(&none).expect("it is not inferred");
        let limit = inferred(&none).expect_err("it is inferred").limit().expect("a limit");
        assert_eq!(limit.which, LimitKind::Compile(which));
    }
}
