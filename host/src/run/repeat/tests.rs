//! Calls without a thread that watches, and the same with one: results, units, and what others see.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use ovenbird_compiler::abi::SLICE;

use crate::cancel::Cancel;
use crate::data::Array;
use crate::engine::Engine;
use crate::engine_config::PoolLimits;
use crate::error::Error;
use crate::external::{Cost, HostModule};
use crate::function::DynFunction;
use crate::grants::Grants;
use crate::imports::Output;
use crate::limits::{LimitKind, Limits};
use crate::program::Source;
use crate::run::{Outcome, Tenant};
use crate::value::Value;

const SUM: &str =
    "def f(n):\n    total = 0\n    for i in range(n):\n        total += i % 7\n    return total\n";
/// Turns that are many slices.
const MANY: i64 = 1_000_000;

/// A function of a fresh engine, which nobody called yet.
fn fresh(text: &str, args: &[Value]) -> (DynFunction, Engine) {
    of_source(&Source::new("test.py", text), args)
}

fn of_source(source: &Source, args: &[Value]) -> (DynFunction, Engine) {
    let engine = Engine::builder().build().expect("an engine");
    (engine.compile(source).expect("it parses").entry_for("f", args).expect("the function"), engine)
}

/// A call with these limits, and whether the thread that watches runs after it.
fn call((function, engine): &(DynFunction, Engine), args: &[Value], limits: Limits) -> (Outcome, bool) {
    let tenant = Tenant::default().limits(limits).grants(Grants::none().clock(true));
    let outcome = function.call_with(&tenant, args, Output::Capture(Vec::new()));
    (outcome, engine.watchdog().has_started())
}

/// What the first call gives and uses, whether it was watched; and the same of a call that is.
fn first_and_watched(text: &str, args: &[Value], limits: &Limits) -> [(Result<Value, String>, u64, bool); 2] {
    let fresh = fresh(text, args);
    let once = || {
        let (outcome, is_watched) = call(&fresh, args, limits.clone());
        (outcome.result.map_err(|error| error.to_string()), outcome.usage.cpu_units, is_watched)
    };
    let first = once();
    let cancel = Cancel::new();
    fresh.0.call_until(&Tenant::default(), args, Output::Discard, &cancel).result.ok();
    assert!(fresh.1.watchdog().has_started(), "who can be cancelled is watched");
    [first, once()]
}

#[test]
fn a_first_call_shorter_than_a_slice_starts_no_thread_and_a_longer_one_does() {
    for (turns, sum, is_long) in [(10, 24, false), (MANY, 2_999_997, true)] {
        let [first, watched] = first_and_watched(SUM, &[Value::Int(turns)], &Limits::default());
        assert_eq!(first, (Ok(Value::Int(sum)), watched.1, is_long));
        assert_eq!(watched, (Ok(Value::Int(sum)), first.1, true));
        assert_eq!(first.1 > SLICE as u64, is_long, "{} units", first.1);
    }
}

#[test]
fn a_first_call_ends_as_any_other() {
    let raises = "def f(n):\n    for i in range(n):\n        if i == n - 1:\n            raise ValueError('late')\n    return 1\n";
    for turns in [100, MANY] {
        let [first, watched] = first_and_watched(raises, &[Value::Int(turns)], &Limits::default());
        assert!(first.0.as_ref().is_err_and(|error| error.contains("late")), "{first:?}");
        assert_eq!((&first.0, first.1, first.2), (&watched.0, watched.1, turns == MANY));
    }
    // Limits of less than a slice, of some slices and a bit, and of exactly some, where a run begins at the end of one.
    for units in [1000, 3 * SLICE as u64 + 60_000, 3 * SLICE as u64 + 5, 3 * SLICE as u64] {
        let limits = Limits::default().cpu_units(units);
        let [first, watched] = first_and_watched(SUM, &[Value::Int(MANY)], &limits);
        assert!(first.0.as_ref().is_err_and(|error| error.contains("CPU")), "{units}: {first:?}");
        assert_eq!((&first.0, first.1), (&watched.0, watched.1), "{units}");
        assert_eq!(first.2, units > 1000, "with less than a slice there is nothing to do again");
    }
}

#[test]
fn a_first_call_that_does_not_end_is_stopped_in_time() {
    let endless = fresh("def f():\n    n = 0\n    while True:\n        n += 1\n", &[]);
    let limits = Limits::default().deadline(Duration::from_millis(50));
    let (outcome, is_watched) = call(&endless, &[], limits);
    let error = outcome.result.expect_err("it does not end");
    assert!(is_watched);
    assert!(matches!(error, Error::Limit { limit, .. } if limit.which == LimitKind::Deadline), "{error}");
}

/// Without `only_answers` in `host/src/run/repeat.rs`: what was printed before the end of the first slice is printed twice.
#[test]
fn what_others_see_is_done_once() {
    let prints = "def f(n):\n    print('begun')\n    total = 0\n    for i in range(n):\n        total += i % 7\n    return total\n";
    for turns in [10, MANY] {
        let (outcome, is_watched) =
            call(&fresh(prints, &[Value::Int(turns)]), &[Value::Int(turns)], Limits::default());
        let Output::Capture(text) = outcome.output else { panic!("captured") };
        assert_eq!((String::from_utf8_lossy(&text).as_ref(), is_watched), ("begun\n", true));
    }
}

/// Without `self.externals` in `host/src/run/repeat.rs`: a function of the embedder is called again.
#[test]
fn functions_of_the_embedder_are_called_once() {
    let calls = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&calls);
    let note = move || {
        count.fetch_add(1, Ordering::Relaxed);
    };
    let host = HostModule::new("host").and_then(|host| host.function("note", Cost::units(1), note));
    let text = "import host\n\n\ndef f(n):\n    host.note()\n    total = 0\n    for i in range(n):\n        total += i % 7\n    return total\n";
    let source = Source::new("test.py", text).host(host.expect("a module"));
    let (function, engine) = of_source(&source, &[Value::Int(MANY)]);
    function.call(&Tenant::default(), &[Value::Int(MANY)]).expect("it returns");
    assert_eq!(calls.load(Ordering::Relaxed), 1);
    assert!(engine.watchdog().has_started());
}

#[test]
fn the_clock_and_the_mathematics_may_be_asked_again() {
    let text = "import math\nimport time\n\n\ndef f(n):\n    x = time.time()\n    for i in range(n):\n        x += math.sin(x)\n    return x > 1.0 and len(f'{x:.3f}') > 2\n";
    for (turns, is_long) in [(10, false), (MANY, true)] {
        let (outcome, is_watched) =
            call(&fresh(text, &[Value::Int(turns)]), &[Value::Int(turns)], Limits::default());
        assert_eq!((outcome.result.expect("it returns"), is_watched), (Value::Bool(true), is_long));
    }
}

/// Without `MOST_ARGUMENTS` in `call_in` in `host/src/run.rs`: large arguments may be copied twice.
#[test]
fn large_arguments_are_passed_once() {
    let text = "def f(xs):\n    return xs[0]\n";
    for (length, is_watched) in [(10, false), (100_000, true)] {
        let args = [Value::Array(Array::new(vec![1_i64; length]))];
        let (outcome, watched) = call(&fresh(text, &args), &args, Limits::default());
        assert_eq!((outcome.result.expect("it returns"), watched), (Value::Int(1), is_watched));
    }
}

/// Without `self.engine.pool()` in `host/src/run/repeat.rs`: a call that had a place may find none when it is made again.
#[test]
fn a_call_in_a_pool_keeps_its_place() {
    let engine =
        Engine::builder().pool(PoolLimits { slots: 1, memory_bytes: 1 << 20 }).build().expect("an engine");
    let program = engine.compile(&Source::new("test.py", SUM)).expect("it parses");
    let function = program.entry_for("f", &[Value::Int(1)]).expect("the function");
    assert_eq!(function.call(&Tenant::default(), &[Value::Int(10)]).expect("it returns"), Value::Int(24));
    assert!(engine.watchdog().has_started());
}
