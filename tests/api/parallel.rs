//! Units of one program are compiled at the same time, and nobody can tell.

use ovenbird::engine_config::EngineOptions;
use ovenbird::{Engine, Output, Source, Tenant};

/// Two functions for two signatures each, two functions that are equal, and a body.
const PROGRAM: &str = "
import ovenbird

@ovenbird.jit
def power(x, n):
    result = x
    for i in range(n - 1):
        result = result * x
    return result

@ovenbird.jit
def spread(x, y):
    return max(x, y) - min(x, y)

@ovenbird.jit
def first(a):
    return a + 1

@ovenbird.jit
def second(b):
    return b + 1

print(power(3, 4), power(1.5, 3), spread(2, 7), spread(0.5, 2.0), first(1), second(2))
";

fn engine(parallel_compilation: bool) -> Engine {
    let native = EngineOptions { parallel_compilation, ..EngineOptions::default() };
    Engine::builder().native(native).build().expect("the engine can be made")
}

/// Of a unit its name, parameters, key, size of its wasm, and origin.
type Seen = (String, Vec<String>, String, usize, &'static str);

/// What was printed, and the units.
fn units(engine: &Engine) -> (String, Vec<Seen>) {
    let program = engine.compile(&Source::new("test.py", PROGRAM)).expect("the program can be parsed");
    let outcome = program.run(&Tenant::default(), Output::Capture(Vec::new()));
    outcome.result.expect("it runs");
    let units = outcome.units.into_iter();
    let units = units.map(|u| (u.label, u.params, u.key, u.wasm_bytes, u.provenance.name())).collect();
    (String::from_utf8_lossy(outcome.output.captured()).into_owned(), units)
}

#[test]
fn several_threads_make_the_same_units_in_the_same_order() {
    let (one, many) = (engine(false), engine(true));
    let alone = units(&one);
    assert_eq!(alone.0, "81 3.375 5 1.5 2 3\n");
    for _ in 0..20 {
        assert_eq!(units(&engine(true)), alone);
    }
    assert_eq!(units(&many), alone);
    assert_eq!(one.compiles(), 6, "a body, two times two, and one for the two that are equal");
    assert_eq!(many.compiles(), one.compiles());
    assert_eq!(units(&many).1.len(), 7);
    assert_eq!(many.compiles(), 6, "all in memory");
}

#[test]
fn each_caller_of_a_shared_engine_gets_all_units() {
    let engine = engine(true);
    let alone = units(&engine).0;
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| units(&engine).0)).collect();
        threads.into_iter().for_each(|thread| assert_eq!(thread.join().expect("no panic"), alone));
    });
}
