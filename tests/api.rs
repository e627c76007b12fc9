//! The embedding API: typed handles, errors by blame, limits on by default, calls that share nothing.

use std::time::Duration;

use ovenbird::{
    Engine, EngineBuilder, Error, LimitKind, Limits, Output, Program, Source, Tenant, Value, WorkerOptions,
};
use ovenbird_compiler::types::Type;

#[path = "api/arrays.rs"]
mod arrays;
#[path = "api/budget.rs"]
mod budget;
#[path = "api/compile_time.rs"]
mod compile_time;
#[path = "api/determinism.rs"]
mod determinism;
#[path = "api/frames.rs"]
mod frames;
#[path = "api/hostfn.rs"]
mod hostfn;
#[path = "api/limits.rs"]
mod limits;
#[path = "api/lowering.rs"]
mod lowering;
#[path = "api/metering.rs"]
mod metering;
#[path = "api/parallel.rs"]
mod parallel;
#[path = "api/paths.rs"]
mod paths;
#[path = "api/tasks.rs"]
mod tasks;
#[path = "api/texts.rs"]
mod texts;
#[path = "api/usage.rs"]
mod usage;
#[path = "api/wide.rs"]
mod wide;

fn engine() -> Engine {
    builder().build().expect("the engine can be made")
}

/// `worker.rs` takes this file in as well: there, everything happens in worker processes.
fn builder() -> EngineBuilder {
    let builder = Engine::builder();
    if !module_path!().starts_with("worker") {
        return builder;
    }
    builder.workers(WorkerOptions::default().program(env!("CARGO_BIN_EXE_command_line")))
}

fn program(text: &str) -> Program {
    engine().compile(&Source::new("test.py", text)).expect("the program can be parsed")
}

fn tenant() -> Tenant {
    Tenant::default()
}

const ADD: &str = "def add(a, b):\n    return a + b\n";

#[test]
fn typed_handles_for_scalars_and_strings() {
    let program = program(ADD);
    let ints = program.get::<fn(i64, i64) -> i64>("add").expect("ints");
    assert_eq!(ints.call(&tenant(), (2, 3)).expect("a sum"), 5);
    let floats = program.get::<fn(f64, f64) -> f64>("add").expect("floats");
    assert_eq!(floats.call(&tenant(), (0.5, 0.25)).expect("a sum"), 0.75);
    let mixed = program.get::<fn(i64, f64) -> f64>("add").expect("mixed");
    assert_eq!(mixed.call(&tenant(), (2, 0.5)).expect("a sum"), 2.5);
    let strings = program.get::<fn(&str, String) -> String>("add").expect("strings");
    let text = strings.call(&tenant(), ("grüße ", "🐦".to_owned())).expect("a text");
    assert_eq!(text, "grüße 🐦");
}

#[test]
fn bools_and_none() {
    let text = "def both(a, b):\n    return a and b\n\n\ndef nothing(a):\n    print(a)\n";
    let both = program(text).get::<fn(bool, bool) -> bool>("both").expect("bools");
    assert!(both.call(&tenant(), (true, true)).expect("a bool"));
    assert!(!both.call(&tenant(), (true, false)).expect("a bool"));
    let nothing = program(text).get::<fn(i64) -> ()>("nothing").expect("no result");
    nothing.call(&tenant(), (1,)).expect("nothing");
}

#[test]
fn functions_without_parameters() {
    let function = program("def f():\n    return 42\n").get::<fn() -> i64>("f").expect("f");
    assert_eq!(function.call(&tenant(), ()).expect("a result"), 42);
}

#[test]
fn values_that_are_only_known_at_run_time() {
    let program = program("def f(a, b):\n    return b, (a, 1.5), \"x\", None, a > 0\n");
    let function = program.entry("f", &[Type::Int, Type::Str]).expect("f");
    let args = [Value::Int(7), Value::Str("s".to_owned())];
    let inner = Value::Tuple(vec![Value::Int(7), Value::Float(1.5)]);
    let text = Value::Str("x".to_owned());
    let wanted = Value::Tuple(vec![Value::Str("s".to_owned()), inner, text, Value::None, Value::Bool(true)]);
    assert_eq!(function.call(&tenant(), &args).expect("a tuple"), wanted);
    let same = program.entry_for("f", &args).expect("f");
    assert_eq!(same.params(), function.params());
}

#[test]
fn extreme_values_cross_unchanged() {
    let program = program("def same(x):\n    return x\n");
    let ints = program.get::<fn(i64) -> i64>("same").expect("ints");
    for value in [i64::MIN, -1, 0, i64::MAX] {
        assert_eq!(ints.call(&tenant(), (value,)).expect("the value"), value);
    }
    let floats = program.get::<fn(f64) -> f64>("same").expect("floats");
    for value in [-0.0, f64::NAN, f64::INFINITY, f64::MIN_POSITIVE / 2.0, f64::MAX] {
        assert_eq!(floats.call(&tenant(), (value,)).expect("the value").to_bits(), value.to_bits());
    }
    let texts = program.get::<fn(String) -> String>("same").expect("texts");
    for value in ["", "\0", "ß\u{10ffff}", &"long ".repeat(100_000)] {
        assert_eq!(texts.call(&tenant(), (value.to_owned(),)).expect("the value"), value);
    }
}

#[test]
fn another_result_type_is_a_signature_error() {
    let error = program(ADD).get::<fn(i64, i64) -> f64>("add").map(drop).expect_err("a mismatch");
    assert!(matches!(error, Error::Signature(_)), "{error}");
    assert_eq!(error.to_string(), "`add` returns `int`, the host asked for `float`");
}

#[test]
fn another_number_of_parameters_is_a_compile_error() {
    let error = program(ADD).get::<fn(i64) -> i64>("add").map(drop).expect_err("a mismatch");
    assert!(matches!(error, Error::Compile(_)), "{error}");
}

#[test]
fn wrong_arguments_of_a_dynamic_call_are_signature_errors() {
    let function = program(ADD).entry("add", &[Type::Int, Type::Int]).expect("add");
    for args in [&[][..], &[Value::Int(1)], &[Value::Int(1), Value::Str(String::new())]] {
        let error = function.call(&tenant(), args).expect_err("a mismatch");
        assert!(matches!(error, Error::Signature(_)), "{error}");
    }
}

#[test]
fn an_unknown_function_is_a_compile_error() {
    let error = program(ADD).get::<fn(i64) -> i64>("sub").map(drop).expect_err("no such function");
    assert!(matches!(error, Error::Compile(_)), "{error}");
}

#[test]
fn a_syntax_error_is_found_when_the_program_is_taken_in() {
    let error = engine().compile(&Source::new("test.py", "def f(:\n")).map(drop).expect_err("an error");
    let Error::Compile(error) = error else { panic!("{error}") };
    assert!(error.render(false).contains("test.py:1"), "{}", error.render(false));
    assert_eq!(error.to_json().len(), error.diagnostics.iter().count());
}

#[test]
fn exceptions_have_their_traceback() {
    let text =
        "def inner(xs, i):\n    return xs[i]\n\n\ndef outer(i):\n    xs = [1, 2]\n    return inner(xs, i)\n";
    let outer = program(text).get::<fn(i64) -> i64>("outer").expect("outer");
    assert_eq!(outer.call(&tenant(), (1,)).expect("an item"), 2);
    let Err(Error::Raised(raised)) = outer.call(&tenant(), (5,)) else { panic!("no exception") };
    assert_eq!(
        (raised.exception.as_str(), raised.message.as_str()),
        ("IndexError", "list index out of range")
    );
    let frames: Vec<(u32, &str, &str)> =
        raised.traceback.iter().map(|f| (f.line, f.function.as_str(), f.text.as_str())).collect();
    assert_eq!(frames, [(7, "outer", "return inner(xs, i)"), (2, "inner", "return xs[i]")]);
    let shown = Error::Raised(raised).to_string();
    assert!(
        shown.starts_with("Traceback (most recent call last):\n  File \"test.py\", line 7, in outer\n"),
        "{shown}"
    );
    assert!(shown.ends_with("IndexError: list index out of range"), "{shown}");
}

const COUNT: &str = "def count(n):\n    t = 0\n    i = 0\n    while i < n:\n        t ^= i * i\n        i += 1\n    return t\n";

#[test]
fn the_cpu_budget_is_exact_and_repeatable() {
    let count = program(COUNT).entry("count", &[Type::Int]).expect("count");
    let spent = |n: i64| count.call_with(&tenant(), &[Value::Int(n)], Output::Discard).usage.cpu_units;
    let units = spent(10_000);
    assert_eq!(units, spent(10_000), "the same work costs the same");
    assert!(units >= 10_000 && spent(20_000) > units);
    let with = |allowed: u64| {
        let tenant = Tenant::default().limits(Limits::default().cpu_units(allowed));
        count.call(&tenant, &[Value::Int(10_000)])
    };
    assert!(with(units).is_ok(), "what it costs is enough");
    let Err(Error::Limit { limit, .. }) = with(units - 1) else { panic!("one unit less is too little") };
    assert_eq!((limit.which, limit.allowed), (LimitKind::Cpu, units - 1));
}

/// Without `(*flag.guest).store(1` in `host/src/watchdog.rs`: a loop runs until its units are used up.
#[test]
fn the_deadline_holds() {
    let count = program(COUNT).entry("count", &[Type::Int]).expect("count");
    let limits = Limits::default().deadline(Duration::from_millis(30)).cpu_units(u64::MAX);
    let tenant = Tenant::default().limits(limits);
    let Err(Error::Limit { limit, .. }) = count.call(&tenant, &[Value::Int(i64::MAX)]) else {
        panic!("it ended")
    };
    assert_eq!((limit.which, limit.allowed), (LimitKind::Deadline, 30_000_000));
}

/// Without `desired > self.allowed` in `host/src/imports/link.rs`: a guest takes all memory.
#[test]
fn memory_is_bounded() {
    let text = "import numpy as np\n\n\ndef f(n):\n    a = np.ones(n)\n    return a.sum()\n";
    let function = program(text).get::<fn(i64) -> f64>("f").expect("f");
    let tenant = Tenant::default().limits(Limits::default().memory_bytes(4 << 20));
    assert_eq!(function.call(&tenant, (100_000,)).expect("it fits"), 100_000.0);
    let Err(Error::Limit { limit, .. }) = function.call(&tenant, (1_000_000,)) else { panic!("it fits") };
    assert_eq!((limit.which, limit.allowed), (LimitKind::Memory, 4 << 20));
}

/// Without `charge_output` in `host/src/imports/text.rs`: a guest prints for ever.
#[test]
fn output_is_bounded_and_kept_up_to_there() {
    let function =
        program("def f(n):\n    for i in range(n):\n        print(i)\n").entry("f", &[Type::Int]).expect("f");
    let tenant = Tenant::default().limits(Limits::default().output_bytes(20));
    let outcome = function.call_with(&tenant, &[Value::Int(5)], Output::Capture(Vec::new()));
    assert!(outcome.result.is_ok());
    assert_eq!(outcome.output.captured(), b"0\n1\n2\n3\n4\n");
    let outcome = function.call_with(&tenant, &[Value::Int(1000)], Output::Capture(Vec::new()));
    let Err(Error::Limit { limit, .. }) = outcome.result else { panic!("it fits") };
    assert_eq!(limit.which, LimitKind::Output);
    assert_eq!(outcome.output.captured(), b"0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n");
}

#[test]
fn recursion_is_bounded() {
    let text = "def down(n):\n    if n == 0:\n        return 0\n    return down(n - 1) + 1\n";
    let down = program(text).get::<fn(i64) -> i64>("down").expect("down");
    assert_eq!(down.call(&tenant(), (900,)).expect("as deep as Python allows"), 900);
    let Err(Error::Limit { limit, .. }) = down.call(&tenant(), (100_000_000,)) else { panic!("it ended") };
    assert_eq!(limit.which, LimitKind::Stack);
}

/// Recurses `n` deep.
const DOWN: &str = "def down(n):\n    if n == 0:\n        return 0\n    return down(n - 1) + 1\n";

/// Without `stacker::maybe_grow` in `host/src/stack.rs`: recursion on a small thread ends the process.
#[test]
fn a_thread_with_little_stack_is_lent_one() {
    let down = program(DOWN).get::<fn(i64) -> i64>("down").expect("down");
    let small = std::thread::Builder::new().stack_size(128 << 10);
    let call = move || (down.call(&tenant(), (5_000,)), down.call(&tenant(), (100_000_000,)));
    let (deep, endless) = small.spawn(call).expect("a thread").join().expect("no crash");
    assert_eq!(deep.expect("as deep as on any thread"), 5_000);
    let Err(Error::Limit { limit, .. }) = endless else { panic!("it ended") };
    assert_eq!((limit.which, limit.allowed), (LimitKind::Stack, 1 << 20));
}

/// Without `is_enough` in `host/src/stack.rs`: recursion in a process with a small stack ends it by a signal.
#[test]
fn a_process_with_little_stack_is_lent_one() {
    let folder = tempfile::tempdir().expect("temp");
    let text = format!("{DOWN}print(down(5_000))\nprint(down(100_000_000))\n");
    std::fs::write(folder.path().join("main.py"), text).expect("written");
    for kib in ["128", "1024", "2048", "8192"] {
        let mut command = std::process::Command::new("sh");
        command.args(["-c", "ulimit -s $0; exec \"$1\" run --no-cache main.py", kib]);
        let ended = command.arg(env!("CARGO_BIN_EXE_command_line")).current_dir(folder.path()).output();
        let ended = ended.expect("it starts");
        let (told, printed) =
            (String::from_utf8_lossy(&ended.stderr), String::from_utf8_lossy(&ended.stdout));
        assert_eq!(printed, "5000\n", "{kib} KiB: {told}");
        assert!(
            ended.status.code().is_some() && told.contains("stack"),
            "{kib} KiB: {:?} {told}",
            ended.status
        );
    }
}

/// Without `Some(_)` in `on_big_stack` of `host/src/program.rs`: the compiler panics, and a user is told of a bug.
#[test]
#[cfg(target_os = "linux")]
fn that_there_is_no_room_for_the_compilers_stack_is_an_error() {
    let folder = tempfile::tempdir().expect("temp");
    std::fs::write(folder.path().join("main.py"), "print(1 + 2)\n").expect("written");
    for (kib, code, printed, told) in
        [("16000000", 0, "3\n", ""), ("90000", 2, "", "error: cannot start a thread: ")]
    {
        let mut command = std::process::Command::new("sh");
        command.args(["-c", "ulimit -v $0; exec \"$1\" run --no-cache main.py", kib]);
        let ended = command.arg(env!("CARGO_BIN_EXE_command_line")).current_dir(folder.path()).output();
        let ended = ended.expect("it starts");
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(
            (ended.status.code(), &*String::from_utf8_lossy(&ended.stdout)),
            (Some(code), printed),
            "{said}"
        );
        assert!(said.starts_with(told), "{said}");
    }
}

#[test]
fn the_stack_is_an_option_of_the_engine() {
    let deepest = |stack_bytes: usize| {
        let native = ovenbird::engine_config::EngineOptions { stack_bytes, ..Default::default() };
        let engine = builder().native(native).build().expect("an engine");
        let program = engine.compile(&Source::new("test.py", DOWN)).expect("a program");
        let down = program.get::<fn(i64) -> i64>("down").expect("down");
        let fits = |n: i64| match down.call(&tenant(), (n,)) {
            Ok(_) => true,
            Err(Error::Limit { limit, .. }) => {
                assert_eq!((limit.which, limit.allowed), (LimitKind::Stack, stack_bytes as u64));
                false
            }
            Err(error) => panic!("{error}"),
        };
        (0..30).map(|bit| 1 << bit).take_while(|n| fits(*n)).last().expect("one level")
    };
    let (little, much) = (deepest(128 << 10), deepest(8 << 20));
    assert!(much >= 32 * little, "{little} and {much} levels");
}

#[test]
fn nothing_is_granted_by_default() {
    let clock =
        program("import time\n\n\ndef f():\n    return time.time()\n").get::<fn() -> f64>("f").expect("f");
    assert!(matches!(clock.call(&tenant(), ()), Err(Error::Denied(_))));
    let granted = Tenant::default().grants(ovenbird::Grants::none().clock(true));
    assert!(clock.call(&granted, ()).expect("the time") > 1.7e9);
}

#[test]
fn a_function_reads_what_its_caller_may_read() {
    let data = ovenbird_tests::project::grants(&ovenbird_tests::files::root().join("tests/lang/pandas"));
    let text =
        "import pandas as pd\n\n\ndef f(path):\n    return float(pd.read_parquet(path)[\"x\"].sum())\n";
    let source = Source::new("test.py", text).grants(data.clone());
    let program = engine().compile(&source).expect("the program can be parsed");
    let path = [Value::Str("data/tiny.parquet".to_owned())];
    let function = program.entry_for("f", &path).expect("f");
    let granted = Tenant::default().grants(data);
    assert_eq!(function.call(&granted, &path).expect("a sum"), Value::Float(9.25));
    assert!(matches!(function.call(&tenant(), &path), Err(Error::Denied(_))));
}

/// Without `Store::new` for each call in `host/src/run.rs`: a call sees what the one before left.
#[test]
fn each_call_has_a_fresh_instance() {
    let text = "import numpy as np\n\n\ndef f(n):\n    a = np.empty(n)\n    dirty = 0.0\n    for i in range(n):\n        dirty += abs(a[i])\n        a[i] = 7.0\n    return dirty\n";
    let function = program(text).get::<fn(i64) -> f64>("f").expect("f");
    for _ in 0..3 {
        assert_eq!(function.call(&tenant(), (10_000,)).expect("a sum"), 0.0, "memory of an earlier call");
    }
}

/// Without `Store::new` for each call in `host/src/run.rs`: a call goes on where another trapped.
#[test]
fn a_failed_call_does_not_spoil_the_next_one() {
    let function = program("def f(n):\n    return 10 // n\n").get::<fn(i64) -> i64>("f").expect("f");
    for _ in 0..3 {
        assert!(matches!(function.call(&tenant(), (0,)), Err(Error::Raised(_))));
        assert_eq!(function.call(&tenant(), (5,)).expect("a quotient"), 2);
    }
}

#[test]
fn usage_is_told_on_success_and_on_failure() {
    let function =
        program("def f(n):\n    print(n)\n    return 10 // n\n").entry("f", &[Type::Int]).expect("f");
    for n in [0, 1] {
        let outcome = function.call_with(&tenant(), &[Value::Int(n)], Output::Discard);
        assert_eq!(outcome.result.is_ok(), n == 1);
        assert_eq!(outcome.usage.io.output_bytes, 2);
        assert!(outcome.usage.memory_peak > 0);
    }
}

#[test]
fn handles_are_shared_between_threads() {
    let count = program(COUNT).get::<fn(i64) -> i64>("count").expect("count");
    let wanted: Vec<i64> = (0..8).map(|n| (0..n * 1000).fold(0, |t, i| t ^ (i * i))).collect();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let (count, wanted) = (count.clone(), &wanted);
            scope.spawn(move || {
                for (n, wanted) in (0i64..).zip(wanted) {
                    assert_eq!(count.call(&Tenant::default(), (n * 1000,)).expect("a result"), *wanted);
                }
            });
        }
    });
}

#[test]
fn programs_are_compiled_by_several_threads() {
    let engine = engine();
    std::thread::scope(|scope| {
        for thread in 0..4i64 {
            let engine = engine.clone();
            scope.spawn(move || {
                for n in 0..5 {
                    let text = format!("def f(x):\n    return x * {n} + {thread}\n");
                    let program = engine.compile(&Source::new("test.py", text)).expect("a program");
                    let function = program.get::<fn(i64) -> i64>("f").expect("f");
                    assert_eq!(function.call(&Tenant::default(), (10,)).expect("a result"), 10 * n + thread);
                }
            });
        }
    });
}

#[test]
fn the_same_function_is_compiled_once_in_a_process() {
    let engine = engine();
    for _ in 0..3 {
        let program = engine.compile(&Source::new("test.py", ADD)).expect("a program");
        program.get::<fn(i64, i64) -> i64>("add").expect("add");
    }
    assert_eq!((engine.compiles(), engine.native_compiles()), (1, 1));
}

#[test]
fn exit_codes_go_by_blame() {
    let run = |text: &str, tenant: &Tenant| match program(text).run(tenant, Output::Discard).result {
        Ok(_) => 0,
        Err(error) => error.exit_code(),
    };
    assert_eq!(run("print(1)\n", &tenant()), 0);
    assert_eq!(run("raise ValueError(\"x\")\n", &tenant()), 1);
    assert_eq!(run("print(unknown)\n", &tenant()), 2);
    assert_eq!(
        run("while True:\n    pass\n", &Tenant::default().limits(Limits::default().cpu_units(1000))),
        3
    );
    assert_eq!(run("import time\nprint(time.time())\n", &tenant()), 4);
    assert_eq!(run("import pandas as pd\nprint(len(pd.read_parquet(\"/x.pq\")))\n", &tenant()), 4);
}

#[test]
fn an_expression_is_shown_as_an_interactive_session_shows_it() {
    let outcome = program("X = 2\n").run_then(
        "<expression>",
        "X * 21\n\"text\"\nNone\n[1.5]",
        &tenant(),
        Output::Capture(Vec::new()),
    );
    assert!(outcome.result.is_ok(), "{:?}", outcome.result);
    assert_eq!(outcome.output.captured(), b"42\n'text'\n[1.5]\n");
}
