//! Functions that the embedder gives: types in and out, diagnostics, price, time, panics, failures, grants.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use ovenbird::{
    Cancel, Cost, Engine, Error, Function, Grants, HostFailure, HostFunctionError, HostModule, LimitExceeded,
    LimitKind, Limits, Output, Program, Source, Tenant, Value,
};
use ovenbird_compiler::infer::Request;
use ovenbird_compiler::types::Type;
use ovenbird_tests::executor::{Executor, Failure, execute};
use ovenbird_tests::files::root;
use ovenbird_tests::golden;

use super::engine;

fn module(name: &str) -> HostModule {
    HostModule::new(name).expect("a name")
}

/// One module with functions of every kind.
fn host() -> HostModule {
    let host = module("host")
        .function("rate", Cost::units(50), |currency: &str, day: i64| -> Result<f64, HostFailure> {
            match currency {
                "EUR" => Ok(day as f64 * 0.5),
                other => Err(HostFailure::of("KeyError", other)),
            }
        })
        .and_then(|m| m.function("greet", Cost::units(10).per_byte(2), |name: &str| format!("hello {name}")))
        .and_then(|m| {
            m.function("join", Cost::units(1), |a: String, b: &str, n: i64| a + &b.repeat(n as usize))
        })
        .and_then(|m| m.function("flip", Cost::units(1), |b: bool| !b))
        .and_then(|m| m.function("note", Cost::units(1), |_: &str| ()))
        .and_then(|m| m.function("half", Cost::units(1), |x: f64| x / 2.0))
        .and_then(|m| m.function("answer", Cost::units(1), || 42i64))
        .and_then(|m| {
            let sum = |a: i64, b: i64, c: f64, d: bool, e: &str, f: i64, g: i64, h: f64| {
                (a + b + f + g + i64::from(d)) as f64 + c + h + e.len() as f64
            };
            m.function("eight", Cost::units(1), sum)
        });
    host.expect("functions")
}

fn given(text: &str, host: HostModule) -> Program {
    engine().compile(&Source::new("test.py", text).host(host)).expect("the program can be parsed")
}

/// For an executor: only the sandbox has workers, where the other tests have them.
fn given_to(executor: Executor, text: &str, host: HostModule) -> Program {
    let engine = match executor {
        Executor::Sandbox => engine(),
        Executor::Lowered | Executor::Optimised => Engine::builder().build().expect("an engine"),
    };
    engine.compile(&Source::new("test.py", text).host(host)).expect("the program can be parsed")
}

const IMPORTS: &str = "import host\nfrom host import greet, join, rate as price\n";

const EVERYTHING: &str = "\
print(price('EUR', 7), host.rate('EUR', True))
print(greet('grüße 🐦'), len(greet('')))
print(join('a', 'b', 3) + '!', host.flip(1 > 2), host.flip(True))
print(host.note('x'))
print(host.half(3), host.half(2.5), host.half(True))
print(host.answer(), host.eight(1, 2, 3, True, 'five', 6, 7, 8.5))
texts = [greet(str(i)) for i in range(100)]
print(texts[99], len(texts))


def twice(f, x):
    return f(f(x))


print(twice(host.half, 10), twice(greet, 'you'))
total = 0.0
for i in range(1000):
    total += price('EUR', i)
print(total)
";

const PRINTED: &str = "\
3.5 0.5
hello grüße 🐦 6
abbb! True False
None
1.5 1.25 0.5
42 32.5
hello 99 100
2.5 hello hello you
249750.0
";

#[test]
fn values_of_every_type_cross_in_every_executor() {
    let tenant = Tenant::default();
    for executor in Executor::ALL {
        let program = given_to(executor, IMPORTS, host());
        let ended = execute(executor, &program, &tenant, EVERYTHING);
        assert_eq!((ended.printed.as_str(), ended.failure), (PRINTED, None), "{}", executor.name());
    }
    let outcome = given(&format!("{IMPORTS}{EVERYTHING}"), host()).run(&tenant, Output::Capture(Vec::new()));
    assert!(outcome.result.is_ok(), "{:?}", outcome.result);
    assert_eq!(String::from_utf8_lossy(outcome.output.captured()), PRINTED);
}

#[test]
fn extreme_values_cross_unchanged() {
    let seen: Arc<Mutex<Vec<(i64, u64)>>> = Arc::default();
    let keep = Arc::clone(&seen);
    let host = module("host").function("same", Cost::units(1), move |i: i64, x: f64| {
        keep.lock().expect("no panic").push((i, x.to_bits()));
        x
    });
    let program =
        given("from host import same\n\n\ndef f(i, x):\n    return same(i, x)\n", host.expect("a function"));
    let f = program.get::<fn(i64, f64) -> f64>("f").expect("f");
    let floats = [-0.0, f64::NAN, f64::NEG_INFINITY, f64::MIN_POSITIVE / 2.0];
    for (i, x) in [i64::MIN, -1, 0, i64::MAX].into_iter().zip(floats) {
        assert_eq!(f.call(&Tenant::default(), (i, x)).expect("the value").to_bits(), x.to_bits());
        assert_eq!(seen.lock().expect("no panic").pop(), Some((i, x.to_bits())));
    }
}

#[test]
fn a_function_is_called_by_units_that_are_compiled_apart() {
    let text = "\
import ovenbird
from host import greet, half


@ovenbird.jit
def first(n):
    t = 0.0
    for i in range(n):
        t += half(i)
    return t


@ovenbird.jit
def second(name):
    return greet(name) + '!'


print(first(5), first(2.0 > 1.0), second('you'), half(1))
";
    let outcome = given(text, host()).run(&Tenant::default(), Output::Capture(Vec::new()));
    assert!(outcome.result.is_ok(), "{:?}", outcome.result);
    assert_eq!(String::from_utf8_lossy(outcome.output.captured()), "5.0 0.0 hello you! 0.5\n");
}

/// Programs that are wrong in the use of host functions.
const WRONG: &[&str] = &[
    "import host\nprint(host.rate(7, 'EUR'))\n",
    "from host import rate\nprint(rate('EUR', 1.5))\n",
    "from host import rate\nprint(rate('EUR'))\n",
    "from host import answer\nprint(answer(1))\n",
    "from host import half\nprint(half(x=2.0))\n",
    "from host import half\n\n\ndef f(x):\n    return half(x)\n\n\nprint(f('two'))\n",
    "from host import half\nprint(half([1.0]))\n",
    "from host import half\nprint(half(None))\n",
    "from host import nothing\nprint(nothing())\n",
    "import host\nprint(host.nothing())\n",
    "import hosts\nprint(hosts.rate())\n",
    "from host import rate\nprint(rate + 1)\n",
    "from host import note\nprint(note('x') + 1)\n",
];

#[test]
fn wrong_uses_are_diagnostics_that_name_function_and_types() {
    let mut shown = String::new();
    for text in WRONG {
        match given(text, host()).check(Request::Check) {
            Err(Error::Compile(error)) => shown.push_str(&error.render(false)),
            Err(other) => panic!("{text}: {other}"),
            Ok(_) => panic!("no diagnostics: {text}"),
        }
        shown.push('\n');
    }
    let table = root().join("tests/api/host_functions.stderr");
    golden::check(&table, &shown).unwrap_or_else(|difference| panic!("{difference}"));
}

#[test]
fn without_the_module_a_program_has_its_usual_error() {
    let program =
        engine().compile(&Source::new("test.py", "import host\nprint(host.rate())\n")).expect("parsed");
    let Err(Error::Compile(error)) = program.check(Request::Check) else { panic!("it is there") };
    assert_eq!(error.diagnostics.first().message, "no module `host`");
}

#[test]
fn names_are_checked_when_they_are_registered() {
    let refused = |result: Result<HostModule, Error>| match result {
        Err(Error::Signature(what)) => what,
        other => panic!("{other:?}"),
    };
    for name in ["", "1x", "a.b", "a b", "grün", "import", "None", &"x".repeat(65), "a\u{1b}[31m"] {
        assert!(refused(HostModule::new(name)).contains("is not a name for a host module"), "{name}");
        let function = module("m").function(name, Cost::units(1), || ());
        assert!(refused(function).contains("is not a name for a host function"), "{name}");
    }
    for name in ["math", "numpy", "pandas", "ovenbird", "time"] {
        assert_eq!(refused(HostModule::new(name)), format!("the library has a module `{name}` of its own"));
    }
    let twice = module("m").function("f", Cost::units(1), || ()).expect("one");
    assert!(refused(twice.function("f", Cost::units(1), || 1i64)).contains("two functions `f`"));
}

#[test]
fn a_module_of_the_host_comes_before_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("host.py"), "def answer():\n    return -1\n").expect("written");
    let grants = ovenbird_tests::project::grants(folder.path());
    let text = "from host import answer\n\n\ndef f():\n    return answer()\n";
    let source = Source::new("test.py", text).grants(grants);
    let call = |source: &Source| {
        let f = engine().compile(source).expect("parsed").get::<fn() -> i64>("f").expect("f");
        f.call(&Tenant::default(), ()).expect("it runs")
    };
    assert_eq!((call(&source), call(&source.clone().host(host()))), (-1, 42));
}

/// CPU units of a call of `f` in a program.
fn units(text: &str, host: HostModule, args: &[Value]) -> u64 {
    let types: Vec<Type> = args.iter().map(Value::ty).collect();
    let f = given(text, host).entry("f", &types).expect("f");
    let outcome = f.call_with(&Tenant::default(), args, Output::Discard);
    assert!(outcome.result.is_ok(), "{:?}", outcome.result);
    outcome.usage.cpu_units
}

#[test]
fn the_cost_is_charged_to_the_unit() {
    let text = "from host import tick\n\n\ndef f(n):\n    for i in range(n):\n        tick(i)\n";
    let tick = |cost| module("host").function("tick", cost, |_: i64| ()).expect("a function");
    let used = |cost, n| units(text, tick(cost), &[Value::Int(n)]);
    let none = used(Cost::units(0), 1000);
    assert!(none > 0);
    // Within a slice, over its end, several slices in one call, all calls together far more.
    for units in [1, 50, 65_535, 65_536, 65_537, 1_000_000] {
        assert_eq!(used(Cost::units(units), 1000), none + 1000 * units, "{units}");
    }
    assert_eq!(used(Cost::units(7), 0), used(Cost::units(0), 0));
    let straight = "from host import tick\n\n\ndef f(n):\n    tick(n)\n";
    let base = units(straight, tick(Cost::units(0)), &[Value::Int(1)]);
    assert_eq!(units(straight, tick(Cost::units(123)), &[Value::Int(1)]), base + 123);
}

#[test]
fn text_costs_by_the_byte_in_both_directions() {
    let text = "from host import echo\n\n\ndef f(a, b):\n    return len(echo(a, b))\n";
    let echo = |cost| {
        let echo = |a: &str, b: String| format!("{a}{b}{b}");
        module("host").function("echo", cost, echo).expect("a function")
    };
    let args = [Value::Str("grüße".to_owned()), Value::Str("x".repeat(100))];
    let used = |cost| units(text, echo(cost), &args);
    let bytes = (7 + 100) + (7 + 200);
    assert_eq!(used(Cost::units(10).per_byte(3)), used(Cost::units(0)) + 10 + 3 * bytes);
}

#[test]
fn a_guest_that_cannot_pay_is_stopped_before_the_call_and_always_at_the_same_one() {
    let calls = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&calls);
    let host = module("host").function("work", Cost::units(10_000), move |_: i64| {
        count.fetch_add(1, Ordering::SeqCst);
    });
    let text = "from host import work\n\n\ndef f(n):\n    for i in range(n):\n        work(i)\n";
    let program = given(text, host.expect("a function"));
    let f = program.get::<fn(i64) -> ()>("f").expect("f");
    let made = |units: u64, n: i64| {
        calls.store(0, Ordering::SeqCst);
        let tenant = Tenant::default().limits(Limits::default().cpu_units(units));
        let outcome = f.call_with(&tenant, (n,), Output::Discard);
        let ended = match outcome.result {
            Ok(()) => None,
            Err(Error::Limit { limit, traceback }) => {
                assert!(traceback.iter().any(|frame| frame.function == "f"), "{traceback:?}");
                Some((limit.which, limit.allowed))
            }
            Err(other) => panic!("{other}"),
        };
        (calls.load(Ordering::SeqCst), ended)
    };
    let cpu = |units| Some((LimitKind::Cpu, units));
    assert_eq!(made(9_999, 1), (0, cpu(9_999)), "it is paid before it runs");
    for units in [105_000, 1_005_000, 3_333_333] {
        let (first, ended) = made(units, 1_000_000);
        assert_eq!(ended, cpu(units));
        assert!(
            first <= units / 10_000 && first + 2 >= units / 10_000 - units / 1_000_000,
            "{first} of {units}"
        );
        for _ in 0..3 {
            assert_eq!(made(units, 1_000_000).0, first);
        }
    }
    // The limit is exact: what is enough is enough, and one unit less is not.
    let tenant = Tenant::default();
    let needed = f.call_with(&tenant, (20,), Output::Discard).usage.cpu_units;
    assert_eq!(made(needed, 20), (20, None));
    assert_eq!(made(needed - 1, 20).1, cpu(needed - 1));
    let dear = module("host").function("work", Cost::units(u64::MAX).per_byte(u64::MAX), |_: i64| ());
    let f = given(text, dear.expect("a function")).get::<fn(i64) -> ()>("f").expect("f");
    let Err(Error::Limit { limit, .. }) = f.call(&tenant, (1,)) else { panic!("it was paid") };
    assert_eq!(limit.which, LimitKind::Cpu);
}

#[test]
fn what_printing_owes_is_paid_before_the_next_call() {
    let calls = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&calls);
    let host = module("host").function("work", Cost::units(1_000), move || {
        count.fetch_add(1, Ordering::SeqCst);
    });
    // Nothing is paid for after the call.
    let program =
        given("from host import work\n\n\ndef f(s):\n    print(s)\n    work()\n", host.expect("a function"));
    let f = program.entry("f", &[Type::Str]).expect("f");
    let text = Value::Str("x".repeat(10_000));
    let run = |units| {
        calls.store(0, Ordering::SeqCst);
        let tenant = Tenant::default().limits(Limits::default().cpu_units(units));
        let outcome = f.call_with(&tenant, std::slice::from_ref(&text), Output::Discard);
        (
            outcome.result.map(drop).map_err(|error| error.limit()),
            outcome.usage.cpu_units,
            calls.load(Ordering::SeqCst),
        )
    };
    let (_, needed, _) = run(u64::MAX);
    assert!(needed > 1_000 + 10_000 / 4, "{needed}");
    assert_eq!(run(needed), (Ok(()), needed, 1));
    let limit = LimitExceeded { which: LimitKind::Cpu, used: needed - 1, allowed: needed - 1 };
    assert_eq!(run(needed - 1), (Err(Some(limit)), needed - 1, 0), "the debt was forgotten");
}

#[test]
fn a_slow_function_counts_for_the_deadline() {
    let calls = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&calls);
    let host = module("host").function("slow", Cost::units(1), move || {
        count.fetch_add(1, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(400));
    });
    let text = "from host import slow\n\n\ndef f():\n    slow()\n    slow()\n    slow()\n";
    let f = given(text, host.expect("a function")).get::<fn() -> ()>("f").expect("f");
    let tenant = Tenant::default().limits(Limits::default().deadline(Duration::from_millis(50)));
    let outcome = f.call_with(&tenant, (), Output::Discard);
    let Err(Error::Limit { limit, traceback }) = outcome.result else { panic!("{:?}", outcome.result) };
    assert_eq!((limit.which, limit.allowed), (LimitKind::Deadline, 50_000_000));
    assert_eq!(traceback.first().map(|frame| frame.line), Some(5));
    assert_eq!(calls.load(Ordering::SeqCst), 1, "no further call after the deadline");
    assert!(outcome.usage.wall >= Duration::from_millis(400));
}

#[test]
fn a_deadline_that_passes_in_the_guest_stops_the_next_call() {
    // The guest is in straight code, which looks at no flag: the wall does.
    let passed = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&passed);
    let host = module("host")
        .function("cancel", Cost::units(1), {
            let cancel = Cancel::new();
            HANDLE.set(cancel.clone()).expect("once");
            move || cancel.cancel()
        })
        .and_then(|m| m.function("after", Cost::units(1), move || seen.store(true, Ordering::SeqCst)));
    static HANDLE: OnceLock<Cancel> = OnceLock::new();
    let text = "from host import cancel, after\n\n\ndef f():\n    cancel()\n    after()\n";
    let f = given(text, host.expect("functions")).entry("f", &[]).expect("f");
    let cancel = HANDLE.get().expect("set");
    let outcome = f.call_until(&Tenant::default(), &[], Output::Discard, cancel);
    assert!(matches!(outcome.result, Err(Error::Cancelled { .. })), "{:?}", outcome.result);
    assert!(!passed.load(Ordering::SeqCst), "called although the run was cancelled");
}

#[test]
fn a_panic_is_one_failed_call() {
    let host = module("host").function("f", Cost::units(1), |n: i64| {
        assert!(n != 13, "secret /etc/path");
        n
    });
    let (text, host) = ("import host\n\n\ndef g(n):\n    return host.f(n)\n", host.expect("a function"));
    let program = given(text, host.clone());
    let g = program.get::<fn(i64) -> i64>("g").expect("g");
    let tenant = Tenant::default();
    for n in [1, 13, 2, 13, 3] {
        match g.call(&tenant, (n,)) {
            Ok(result) => assert_eq!((result, n != 13), (n, true)),
            Err(error) => {
                let shown = error.to_string();
                assert!(shown.ends_with("the host function `host.f` panicked"), "{shown}");
                assert!(shown.contains("line 5, in g") && !shown.contains("secret"), "{shown}");
                let Error::Host { error, .. } = error else { panic!("{shown}") };
                assert_eq!(*error, HostFunctionError::Panicked { function: "host.f".to_owned() });
            }
        }
    }
    // In every executor it is caught.
    let program = given_to(Executor::Optimised, text, host);
    let ended = execute(Executor::Optimised, &program, &tenant, "g(13)\n");
    assert!(matches!(ended.failure, Some(Failure::Other(_))), "{ended:?}");
}

#[test]
fn a_failure_is_an_exception_with_a_clean_text() {
    let host = module("host")
        .function("fail", Cost::units(1), |what: &str| -> Result<(), HostFailure> {
            Err(HostFailure::new(format!("bad \x1b[31m{what}\r\n\u{202e}")))
        })
        .and_then(|m| {
            m.function("key", Cost::units(1), |k: &str| -> Result<String, HostFailure> {
                Err(HostFailure::of("KeyError", k))
            })
        });
    let text = "import host\n\n\ndef f(what):\n    host.fail(what)\n\n\ndef g(k):\n    return host.key(k)\n";
    let host = host.expect("functions");
    let program = given(text, host.clone());
    let f = program.get::<fn(String) -> ()>("f").expect("f");
    let Err(Error::Raised(raised)) = f.call(&Tenant::default(), ("\x07bell".to_owned(),)) else {
        panic!("it is raised")
    };
    assert_eq!(raised.exception, "RuntimeError");
    assert_eq!(raised.message, "bad \\u{1b}[31m\\u{7}bell\\r\\n\\u{202e}");
    assert_eq!(raised.traceback.last().map(|frame| (frame.line, frame.function.as_str())), Some((5, "f")));
    let Err(Error::Raised(raised)) = f.call(&Tenant::default(), ("x".repeat(1 << 20),)) else {
        panic!("it is raised")
    };
    assert!(raised.message.chars().count() <= 501, "{}", raised.message.len());
    for executor in Executor::ALL {
        let program = given_to(executor, text, host.clone());
        let ended = execute(executor, &program, &Tenant::default(), "g('EUR')\n");
        assert_eq!(
            ended.failure,
            Some(Failure::Raised(vec!["KeyError: EUR".to_owned()])),
            "{}",
            executor.name()
        );
    }
}

#[test]
fn a_tenant_can_be_denied_a_module() {
    let text = "import host\n\n\ndef f(n):\n    return host.answer() if n > 0 else 0\n";
    let f = given(text, host()).get::<fn(i64) -> i64>("f").expect("f");
    let denied = Tenant::default().grants(Grants::none().without_host_module("host"));
    let other = Tenant::default().grants(Grants::none().without_host_module("rates"));
    assert_eq!(f.call(&denied, (0,)).expect("it calls nothing"), 0);
    assert_eq!(f.call(&other, (1,)).expect("another module"), 42);
    let Err(Error::Denied(what)) = f.call(&denied, (1,)) else { panic!("it was allowed") };
    assert_eq!(what, "access to the host module `host` is not granted");
}

#[test]
fn text_is_within_the_limits_of_both_sides() {
    let huge = |n: i64| "x".repeat(n as usize);
    let host = module("host")
        .function("huge", Cost::units(1), huge)
        .and_then(|m| m.function("size", Cost::units(1), |text: &str| text.len() as i64));
    let text = "import host\n\n\ndef f(n):\n    return len(host.huge(n))\n\n\ndef g(n):\n    return host.size('x' * n)\n";
    let program = given(text, host.expect("functions"));
    let limits = Limits::default().memory_bytes(4 << 20).host_bytes(1 << 20);
    let tenant = Tenant::default().limits(limits);
    let limit = |result: Result<i64, Error>| match result {
        Err(Error::Limit { limit, .. }) => limit.which,
        other => panic!("{other:?}"),
    };
    let f = program.get::<fn(i64) -> i64>("f").expect("f");
    assert_eq!(f.call(&tenant, (1 << 20,)).expect("it fits"), 1 << 20);
    assert_eq!(limit(f.call(&tenant, (8 << 20,))), LimitKind::Memory);
    let g = program.get::<fn(i64) -> i64>("g").expect("g");
    assert_eq!(g.call(&tenant, (1 << 20,)).expect("it fits"), 1 << 20);
    assert_eq!(limit(g.call(&tenant, ((1 << 20) + 1,))), LimitKind::HostMemory);
    // What was set aside for a call is given back after it.
    let many = "import host\n\n\ndef h(n):\n    t = 0\n    s = 'x' * 600000\n    for i in range(n):\n        t += host.size(s)\n    return t\n";
    let size = module("host").function("size", Cost::units(1), |text: &str| text.len() as i64);
    let h = given(many, size.expect("a function")).get::<fn(i64) -> i64>("h").expect("h");
    assert_eq!(h.call(&tenant, (100,)).expect("it fits"), 60_000_000);
}

#[test]
fn a_function_cannot_enter_the_guest_that_calls_it() {
    // All that it can do is to call a function of Ovenbird, which has an instance of its own.
    type Int = fn(i64) -> i64;
    static AGAIN: OnceLock<Function<Int>> = OnceLock::new();
    let host = module("host").function("again", Cost::units(1), |n: i64| -> Result<i64, HostFailure> {
        let again = AGAIN.get().ok_or(HostFailure::new("not set"))?;
        again.call(&Tenant::default(), (n,)).map_err(|_| HostFailure::new("inner"))
    });
    let text = "\
from host import again

seen = [0]


def f(n):
    before = [n]
    inner = again(n - 1) if n > 0 else 0
    return before[0] * 10 + inner
";
    let f = given(text, host.expect("a function")).get::<fn(i64) -> i64>("f").expect("f");
    assert!(AGAIN.set(f.clone()).is_ok());
    assert_eq!(f.call(&Tenant::default(), (5,)).expect("it runs"), 150);
}

/// Uses 320 KiB of stack.
fn dig(levels: u8) -> i64 {
    let mut room = [levels; 32 << 10];
    std::hint::black_box(&mut room);
    if levels > 1 { dig(levels - 1) + i64::from(room[7]) } else { 1 }
}

#[test]
fn a_guest_of_any_depth_leaves_the_function_enough_stack() {
    let host = module("host").function("dig", Cost::units(1), || dig(10)).expect("a function");
    let text = "from host import dig\n\n\ndef down(n):\n    if n == 0:\n        return dig()\n    return down(n - 1) + 1\n";
    let down = given(text, host).get::<fn(i64) -> i64>("down").expect("down");
    let small = std::thread::Builder::new().stack_size(256 << 10);
    let call = move || {
        for n in (0..10_000_000).step_by(500) {
            match down.call(&Tenant::default(), (n,)) {
                Ok(result) => assert_eq!(result, n + 55),
                Err(Error::Limit { limit, .. }) => return (n, limit.which),
                Err(other) => panic!("{other}"),
            }
        }
        panic!("the guest has no limit")
    };
    let (deepest, which) = small.spawn(call).expect("a thread").join().expect("no crash");
    assert_eq!(which, LimitKind::Stack);
    assert!(deepest > 5_000, "{deepest}");
}

#[test]
fn tenants_call_at_the_same_time() {
    let sum = Arc::new(AtomicI64::new(0));
    let all = Arc::clone(&sum);
    let host = module("host")
        .function("add", Cost::units(5), move |n: i64| all.fetch_add(n, Ordering::SeqCst).min(0))
        .and_then(|m| m.function("name", Cost::units(1), |n: i64| format!("tenant {n}")));
    let text = "\
from host import add, name


def f(n, me):
    for i in range(n):
        add(i)
    return name(me)
";
    let f = given(text, host.expect("functions")).get::<fn(i64, i64) -> String>("f").expect("f");
    std::thread::scope(|scope| {
        for me in 0..8i64 {
            let f = f.clone();
            scope.spawn(move || {
                let tenant = Tenant::named(format!("tenant {me}"));
                for _ in 0..20 {
                    let outcome = f.call_with(&tenant, (100, me), Output::Discard);
                    assert_eq!(outcome.result.expect("it runs"), format!("tenant {me}"));
                }
            });
        }
    });
    assert_eq!(sum.load(Ordering::SeqCst), 8 * 20 * 4950);
}

#[test]
fn two_programs_of_one_engine_have_functions_of_their_own() {
    let engine: Engine = engine();
    let text = "from host import which\n\n\ndef f():\n    return which()\n";
    let functions: Vec<_> = (0..3i64)
        .map(|number| {
            let host = module("host").function("which", Cost::units(1), move || number).expect("a function");
            let source = Source::new("test.py", text).host(host);
            engine.compile(&source).expect("parsed").get::<fn() -> i64>("f").expect("f")
        })
        .collect();
    let got: Vec<i64> = functions.iter().map(|f| f.call(&Tenant::default(), ()).expect("it runs")).collect();
    assert_eq!(got, [0, 1, 2]);
    assert_eq!((engine.compiles(), engine.native_compiles()), (1, 1), "their code is the same");
}

#[test]
fn the_call_is_quick_to_refuse_after_a_limit() {
    // A guest that goes on calling after its deadline gets nowhere: no call succeeds any more.
    let calls = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&calls);
    let host = module("host").function("tick", Cost::units(1), move || {
        count.fetch_add(1, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(1));
    });
    let text = "from host import tick\n\n\ndef f(n):\n    for i in range(n):\n        tick()\n";
    let f = given(text, host.expect("a function")).get::<fn(i64) -> ()>("f").expect("f");
    let tenant = Tenant::default().limits(Limits::default().deadline(Duration::from_millis(50)));
    let started = Instant::now();
    let Err(Error::Limit { limit, .. }) = f.call(&tenant, (1_000_000,)) else { panic!("it ended") };
    assert_eq!(limit.which, LimitKind::Deadline);
    assert!(started.elapsed() < Duration::from_secs(20), "a slice of 65,536 units would take a minute");
    assert!(calls.load(Ordering::SeqCst) < 10_000);
}
