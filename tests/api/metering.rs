//! Metering is deterministic, wherever the code comes from; every way to go on for ever ends; what host functions do
//! is paid for.

use std::time::Duration;

use ovenbird::cache::Secret;
use ovenbird::engine_config::{EngineOptions, PoolLimits};
use ovenbird::{Cache, CacheOptions, Engine, Error, LimitKind, Limits, Output, Source, Tenant};

use super::determinism::WORK;

/// How a run ends within so many units: what it used, and whether it ended by itself.
fn run(engine: &Engine, units: u64) -> (u64, bool) {
    let program = engine.compile(&Source::new("work.py", WORK)).expect("it parses");
    let tenant = Tenant::default().limits(Limits::default().cpu_units(units));
    let outcome = program.run(&tenant, Output::Discard);
    match outcome.result {
        Ok(_) => (outcome.usage.cpu_units, true),
        Err(Error::Limit { limit, .. }) if limit.which == LimitKind::Cpu => (outcome.usage.cpu_units, false),
        Err(error) => panic!("{error}"),
    }
}

fn cached(folder: &tempfile::TempDir, probes: bool) -> Engine {
    let (dir, secret) = (Some(folder.path().join("cache")), Some(Secret::from_bytes([7; 32])));
    let cache = Cache::open(CacheOptions { dir, secret, ..CacheOptions::default() });
    Engine::builder().cache(cache).probes(probes).build().expect("an engine")
}

#[test]
fn a_program_stops_at_the_same_unit_wherever_its_code_comes_from() {
    let folder = tempfile::tempdir().expect("a folder");
    let (units, done) = run(&super::engine(), u64::MAX >> 1);
    assert!(done && units > 1_000);
    let filled = cached(&folder, true);
    let pool = PoolLimits { slots: 4, memory_bytes: 8 << 20 };
    let explicit = EngineOptions { explicit_checks: true, ..EngineOptions::default() };
    let engines = [
        ("cold", super::engine()),
        ("filling the cache", filled.clone()),
        ("in memory", filled),
        ("from the cache by text", cached(&folder, true)),
        ("from the cache", cached(&folder, false)),
        ("in a pool", Engine::builder().pool(pool).build().expect("an engine")),
        ("with explicit checks", Engine::builder().native(explicit).build().expect("an engine")),
    ];
    let less = run(&engines[0].1, units - 1);
    let half = run(&engines[0].1, units / 2);
    assert!(!less.1 && !half.1 && half.0 <= units / 2 + 1, "{less:?} {half:?}");
    for (name, engine) in &engines {
        assert_eq!(run(engine, units), (units, true), "{name}");
        assert_eq!(run(engine, units - 1), less, "{name}: one unit less");
        assert_eq!(run(engine, units / 2), half, "{name}: half");
    }
    std::thread::scope(|scope| {
        for (name, engine) in &engines {
            for _ in 0..2 {
                scope.spawn(move || {
                    assert_eq!(run(engine, units), (units, true), "{name} in a thread");
                    assert_eq!(run(engine, units - 1), less, "{name} in a thread");
                });
            }
        }
    });
}

/// Programs that would go on for ever, or nearly, by kind.
pub(crate) const ENDLESS: [(&str, &str); 12] = [
    ("while", "while True:\n    pass\n"),
    ("while with a condition", "x = 1\nwhile x > 0:\n    x = x * 3 % 1000003 + 1\nprint(x)\n"),
    ("for", "t = 0\nfor i in range(2**62):\n    t ^= i\nprint(t)\n"),
    ("for in for", "t = 0\nfor i in range(2**40):\n    for j in range(2**40):\n        t += j\nprint(t)\n"),
    (
        "list that grows as it is read",
        "xs = [1]\nfor x in xs:\n    xs.append(x)\n    xs.pop()\n    xs.append(x)\n",
    ),
    ("comprehension", "print(len([i for i in range(2**40) if i < 0]))\n"),
    ("recursion as a tree", "def f(n):\n    return n if n < 2 else f(n - 1) + f(n - 2)\n\n\nprint(f(90))\n"),
    (
        "mutual recursion",
        "def f(n):\n    return g(n - 1) + g(n - 1) if n > 0 else 1\n\n\ndef g(n):\n    return f(n) + 1\n\n\nprint(f(80))\n",
    ),
    ("strings", "n = 0\nwhile True:\n    n += len(\"ab\" * 100000)\n"),
    ("arrays", "import numpy as np\n\na = np.zeros(1000000)\nwhile True:\n    a = a + 1.0\n"),
    ("copies", "import numpy as np\n\na = np.zeros(4000000)\nwhile True:\n    b = a.copy()\n"),
    ("numbers as text", "t = 0.0\nwhile True:\n    t += float(\"1\" * 100000)\n"),
];

#[test]
fn every_endless_program_ends_by_units_and_by_time() {
    for (name, text) in ENDLESS {
        let program = super::program(text);
        let limits = Limits::default().cpu_units(50_000_000).deadline(Duration::from_secs(600));
        let outcome = program.run(&Tenant::default().limits(limits), Output::Discard);
        let limit = outcome.result.expect_err(name).limit().unwrap_or_else(|| panic!("{name}"));
        assert_eq!(limit.which, LimitKind::Cpu, "{name}");
        let limits = Limits::default().cpu_units(u64::MAX >> 1).deadline(Duration::from_millis(30));
        let outcome = program.run(&Tenant::default().limits(limits), Output::Discard);
        let limit = outcome.result.expect_err(name).limit().unwrap_or_else(|| panic!("{name}"));
        assert_eq!(limit.which, LimitKind::Deadline, "{name}");
    }
}

/// Prints how late endless programs end after their deadline; run with `--ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn how_late_the_deadline_is() {
    for (name, text) in ENDLESS {
        let program = super::program(text);
        let deadline = Duration::from_millis(50);
        let limits = Limits::default().cpu_units(u64::MAX >> 1).deadline(deadline);
        let tenant = Tenant::default().limits(limits);
        let late = |_| program.run(&tenant, Output::Discard).usage.wall.saturating_sub(deadline);
        let mut all: Vec<Duration> = (0..20).map(late).collect();
        all.sort();
        println!("{name}: median {:?}, worst {:?}", all[10], all[19]);
    }
}

#[test]
fn host_functions_are_paid_by_size() {
    let text = "def f(n):\n    return float(\"0\" * n + \"1\")\n";
    let f = super::program(text).entry("f", &[ovenbird_compiler::types::Type::Int]).expect("f");
    let units = |n: i64| {
        let outcome = f.call_with(&Tenant::default(), &[ovenbird::Value::Int(n)], Output::Discard);
        outcome.result.expect("a number");
        outcome.usage.cpu_units
    };
    // What the guest does to make the text is less than that.
    let (short, long) = (units(1_000), units(801_000));
    assert!(long - short >= 800_000 / 4, "{short} and {long}");
    let tenant = Tenant::default().limits(Limits::default().cpu_units(long - 100_000));
    let error = f.call(&tenant, &[ovenbird::Value::Int(801_000)]).expect_err("too dear");
    assert_eq!(error.limit().map(|limit| limit.which), Some(LimitKind::Cpu));
    let error = f.call(&Tenant::default(), &[ovenbird::Value::Int(2 << 20)]).expect_err("too long");
    assert!(error.to_string().contains("ValueError: the text is too long for a number"), "{error}");
}

/// Programs whose every check counts: bounds of arrays, division, conversions, memory.
const CHECKED: [&str; 6] = [
    "import numpy as np\na = np.arange(10)\nfor i in range(12):\n    print(a[i])\n",
    "xs = [1, 2, 3]\nprint(xs[-3], xs[2])\nprint(xs[3])\n",
    "def f(a, b):\n    return a // b + a % b\n\n\nprint(f(7, 2), f(-7, 2))\nprint(f(1, 0))\n",
    "import numpy as np\na = np.ones((20, 30))\nprint((a @ a.T).sum(), a[19, 29])\nprint(a[20, 0])\n",
    "print(int(1e18), int(-1e18))\nprint(int(1e30))\n",
    "import numpy as np\nt = 0.0\nfor n in range(1, 40):\n    t += np.full(n * 10000, 0.5).sum()\nprint(t)\nprint(\"ab\" * 3)\n",
];

#[test]
fn explicit_checks_find_what_signals_find() {
    let explicit = EngineOptions { explicit_checks: true, ..EngineOptions::default() };
    let explicit = Engine::builder().native(explicit).build().expect("an engine");
    for text in CHECKED {
        let run = |engine: &Engine| {
            let program = engine.compile(&Source::new("checked.py", text)).expect("it parses");
            let outcome = program.run(&Tenant::default(), Output::Capture(Vec::new()));
            let ended = outcome.result.map(|value| value.to_string()).map_err(|error| error.to_string());
            (ended, String::from_utf8_lossy(outcome.output.captured()).into_owned(), outcome.usage.cpu_units)
        };
        let (wanted, got) = (run(&super::engine()), run(&explicit));
        assert!(!wanted.1.is_empty(), "{text}");
        assert_eq!(wanted, got, "{text}");
    }
}

/// Without `budget.set` in `owe` in `host/src/imports/purse.rs`: what the host's functions do is free, as soon as it is more
/// than a slice.
#[test]
fn what_the_host_prints_for_a_guest_is_paid_in_slices() {
    let program =
        super::program("def f(n):\n    s = 'x' * 1_000_000\n    for i in range(n):\n        print(s)\n");
    let f = program.get::<fn(i64) -> ()>("f").expect("f");
    let used = |n: i64| {
        let outcome = f.call_with(&Tenant::default(), (n,), Output::Discard);
        outcome.result.expect("it prints");
        outcome.usage.cpu_units
    };
    let each = used(11) - used(1);
    assert!((2_500_000..3_500_000).contains(&each), "{each} units for ten megabytes");
    let limits = Limits::default().cpu_units(used(1) + 1_000_000);
    let error =
        f.call_with(&Tenant::default().limits(limits), (11,), Output::Discard).result.expect_err("too much");
    assert_eq!(error.limit().map(|limit| limit.which), Some(LimitKind::Cpu));
}
