//! Functions of the embedder that guests in workers call: as in this process, to the last unit; and what only workers
//! could get wrong.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock};

use ovenbird::cache::{Mode, Secret};
use ovenbird::{Cost, Function, HostFailure, HostModule, LimitKind};

use super::*;

fn module(name: &str) -> HostModule {
    HostModule::new(name).expect("a name")
}

/// Functions that end in every way.
fn every_way() -> HostModule {
    let host = module("host")
        .function("echo", Cost::units(100).per_byte(3), |text: &str, n: i64| text.repeat(n.max(0) as usize))
        .and_then(|m| m.function("half", Cost::units(7), |x: f64| x / 2.0))
        .and_then(|m| m.function("not_", Cost::units(0), |b: bool| !b))
        .and_then(|m| m.function("note", Cost::units(70_000), |_: &str| ()))
        .and_then(|m| {
            m.function("fail", Cost::units(1), |class: &str, text: &str| -> Result<(), HostFailure> {
                Err(HostFailure::of(class, text))
            })
        })
        .and_then(|m| m.function("panic", Cost::units(1), |text: String| -> i64 { panic!("{text}") }))
        .and_then(|m| m.function("dear", Cost::units(u64::MAX), || 1i64));
    host.expect("functions")
}

/// Each is run by itself after the imports.
const ENDS: [&str; 19] = [
    "print(host.echo('grüße ', 3), host.half(-0.0), host.not_(False), host.note('x'))",
    "for i in range(1000):\n    host.half(i)",
    "print(len(host.echo('x', 1000)))\nprint(host.echo('', 5) + '.')",
    "host.fail('KeyError', 'EUR')",
    "host.fail('not a class', 'bad \\x1b[31m' + 'x' * 100000)",
    "def f(x):\n    return host.fail('ValueError', x)\n\n\nf('deep')",
    "host.panic('secret')",
    "print('before')\nhost.panic('secret')",
    "host.dear()",
    "for i in range(1000):\n    host.note('0123456789')",
    "n = 0\nwhile True:\n    n += len(host.echo('x', 2))",
    "host.echo('x' * 2000000, 1)",
    "host.echo('x' * 1000000, 1)",
    "host.echo('x', 20000000)",
    "host.echo('x', 200000000)",
    "print(secret.tell())",
    "print(host.half('text'))",
    "print(host.nothing())",
    "print(host.half(1.0) if len(host.echo('a', 1)) == 1 else secret.tell())",
];

#[test]
fn every_end_costs_and_says_the_same() {
    let (here, there) = (Engine::builder().build().expect("an engine"), engine());
    let limits = Limits::default().cpu_units(30_000_000).memory_bytes(16 << 20).host_bytes(1 << 20);
    let grants = Grants::none().without_host_module("secret");
    let tenant = Tenant::default().limits(limits).grants(grants);
    let secret = module("secret").function("tell", Cost::units(1), || 42i64).expect("a function");
    for end in ENDS {
        let text = format!("import host\nimport secret\n\n{end}\n");
        let source = Source::new("test.py", text).host(every_way()).host(secret.clone());
        let ends = [&here, &there].map(|engine| {
            let program = engine.compile(&source).expect("it can be parsed");
            let outcome = program.run(&tenant, Output::Capture(Vec::new()));
            let printed = String::from_utf8_lossy(outcome.output.captured()).into_owned();
            // How much memory was asked for in vain is not told when it is beyond what could be sent.
            let told = outcome.result.map_err(|error| match error.limit() {
                Some(limit) if limit.which == LimitKind::Memory => format!("{:?}", limit.allowed),
                _ => error.to_string(),
            });
            (printed, told, outcome.usage.cpu_units, outcome.usage.memory_peak, outcome.usage.io)
        });
        assert_eq!(ends[0], ends[1], "{end}");
    }
}

/// Fails without: giving the worker the time that a function took.
#[test]
fn a_function_may_take_longer_than_a_worker() {
    let host = module("host").function("sleep", Cost::units(1), |millis: i64| {
        std::thread::sleep(Duration::from_millis(millis as u64));
    });
    let text = "from host import sleep\n\n\ndef f(n):\n    sleep(n)\n";
    let engine = Engine::builder().workers(options().grace(Duration::from_secs(1))).build().expect("workers");
    let source = Source::new("test.py", text).host(host.expect("a function"));
    let f = engine.compile(&source).expect("parsed").get::<fn(i64) -> ()>("f").expect("f");
    // So that the process is there and has the code.
    f.call(&Tenant::default(), (0,)).expect("it ends");
    let tenant = Tenant::default().limits(Limits::default().deadline(Duration::from_millis(500)));
    match f.call(&tenant, (4_000,)) {
        Err(Error::Limit { limit, traceback }) => {
            assert_eq!((limit.which, limit.allowed), (LimitKind::Deadline, 500_000_000));
            assert_eq!(traceback.last().map(|frame| frame.line), Some(5));
        }
        other => panic!("{other:?}"),
    }
}

/// Fails without: passing a cancellation on before the answer.
#[test]
fn a_call_that_is_cancelled_inside_of_a_function_ends_after_it() {
    let (started, wait_started): (Sender<()>, Receiver<()>) = channel();
    let (release, released): (Sender<()>, Receiver<()>) = channel();
    let released = Mutex::new(released);
    let after = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&after);
    let host = module("host")
        .function("wait", Cost::units(1), move || {
            let _ = started.send(());
            let _ = released.lock().expect("no panic").recv();
        })
        .and_then(|m| m.function("after", Cost::units(1), move || seen.store(true, Ordering::SeqCst)));
    let text = "from host import wait, after\n\n\ndef f():\n    wait()\n    after()\n";
    let source = Source::new("test.py", text).host(host.expect("functions"));
    let f = engine().compile(&source).expect("parsed").get::<fn() -> ()>("f").expect("f");
    let task = f.spawn(&Tenant::default(), ());
    wait_started.recv().expect("it is called");
    task.cancel();
    release.send(()).expect("it waits");
    let result = task.join().result;
    assert!(matches!(result, Err(Error::Cancelled { .. })), "{result:?}");
    assert!(!after.load(Ordering::SeqCst), "called although the call was cancelled");
}

/// Fails without: passing a cancellation on between calls, although there is never a pause.
#[test]
fn a_guest_that_calls_functions_without_end_is_cancelled() {
    let (first, called): (Sender<()>, Receiver<()>) = channel();
    let host = module("host").function("tick", Cost::units(0), move || {
        let _ = first.send(());
    });
    let text = "from host import tick\n\n\ndef f():\n    while True:\n        tick()\n";
    let source = Source::new("test.py", text).host(host.expect("a function"));
    let f = engine().compile(&source).expect("parsed").get::<fn() -> ()>("f").expect("f");
    let limits = Limits::default().cpu_units(u64::MAX).deadline(Duration::from_secs(600));
    let task = f.spawn(&Tenant::default().limits(limits), ());
    called.recv().expect("it is called");
    let asked = Instant::now();
    task.cancel();
    let result = task.join().result;
    assert!(matches!(result, Err(Error::Cancelled { .. })), "{result:?}");
    assert!(asked.elapsed() < Duration::from_secs(60));
}

/// Fails without: one more process for whoever already has one on this thread.
#[test]
fn a_function_that_calls_ovenbird_does_not_wait_for_its_own_worker() {
    type Int = fn(i64) -> i64;
    static AGAIN: OnceLock<Function<Int>> = OnceLock::new();
    let host = module("host").function("again", Cost::units(1), |n: i64| -> Result<i64, HostFailure> {
        let again = AGAIN.get().ok_or(HostFailure::new("not set"))?;
        again.call(&Tenant::default(), (n,)).map_err(|error| match error {
            Error::Raised(raised) => HostFailure::new(raised.message),
            other => HostFailure::new(other.to_string()),
        })
    });
    let text = "from host import again\n\n\ndef f(n):\n    return again(n - 1) + 1 if n != 0 else 0\n";
    let engine = Engine::builder().workers(options().processes(1)).build().expect("workers");
    let source = Source::new("test.py", text).host(host.expect("a function"));
    let f = engine.compile(&source).expect("parsed").get::<Int>("f").expect("f");
    assert!(AGAIN.set(f.clone()).is_ok());
    assert_eq!(f.call(&Tenant::default(), (3,)).expect("it runs"), 3);
    // A chain without end is an error, and not all the processes that there can be.
    let Err(Error::Raised(raised)) = f.call(&Tenant::default(), (-1,)) else { panic!("it ended") };
    assert!(raised.message.contains("nest calls"), "{}", raised.message);
    assert_eq!(f.call(&Tenant::default(), (2,)).expect("it runs"), 2);
}

/// Code does not depend on what a function costs or does, and does on its types; in memory and in the cache.
#[test]
fn a_changed_type_is_a_miss_and_a_changed_cost_is_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let new_engine = || {
        let secret = Some(Secret::from_bytes([7; 32]));
        let options_of_cache = CacheOptions { mode: Mode::ReadWrite, secret, ..CacheOptions::default() };
        let cache = Cache::open(options_of_cache.dir(folder.path()));
        Engine::builder().workers(options()).cache(cache).build().expect("workers")
    };
    let text = "import ovenbird\nfrom rates import rate\n\n\n@ovenbird.jit(cache=True)\ndef f(x):\n    return x * rate(3)\n";
    let ints =
        |cost, factor: f64| module("rates").function("rate", cost, move |day: i64| day as f64 * factor);
    let floats = || module("rates").function("rate", Cost::units(50), |day: f64| day * 100.0);
    let call = |engine: &Engine, host: Result<HostModule, Error>| {
        let source = Source::new("f.py", text).host(host.expect("a function"));
        let f = engine.compile(&source).expect("parsed").get::<fn(f64) -> f64>("f").expect("a function");
        let outcome = f.call_with(&Tenant::default(), (2.0,), Output::Discard);
        let from = f.dynamic().info().provenance.name();
        (outcome.result.expect("a product"), from, outcome.usage.cpu_units)
    };
    let first = new_engine();
    let (result, from, units) = call(&first, ints(Cost::units(50), 1.0));
    assert_eq!((result, from), (6.0, "miss"));
    assert_eq!(call(&first, ints(Cost::units(60), 2.0)), (12.0, "hit.mem", units + 10));
    let second = new_engine();
    assert_eq!(call(&second, ints(Cost::units(150), 3.0)), (18.0, "hit.l0", units + 100));
    let (result, from, _) = call(&second, floats());
    assert_eq!((result, from), (600.0, "miss"));
    let (result, from, _) = call(&second, ints(Cost::units(50), 1.0));
    assert_eq!((result, from), (6.0, "miss"), "in memory it is a fact as well");
    // Without the module there is no code.
    let gone = second.compile(&Source::new("f.py", text)).expect("parsed").get::<fn(f64) -> f64>("f");
    assert!(matches!(gone, Err(Error::Compile(_))));
}

/// Fails without: telling how a worker ended; replacing it.
#[test]
fn a_worker_that_dies_while_a_function_runs_is_one_failed_call() {
    if !is_alone("functions::a_worker_that_dies_while_a_function_runs_is_one_failed_call") {
        return;
    }
    let (calls, shoots) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(true)));
    let (count, shoot) = (Arc::clone(&calls), Arc::clone(&shoots));
    let host = module("host").function("shoot", Cost::units(1), move || {
        count.fetch_add(1, Ordering::SeqCst);
        for id in children().into_iter().filter(|_| shoot.load(Ordering::SeqCst)) {
            let pid = rustix::process::Pid::from_raw(id as i32).expect("a number");
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
        }
    });
    let text = "from host import shoot\n\n\ndef f():\n    shoot()\n    shoot()\n";
    let source = Source::new("test.py", text).host(host.expect("a function"));
    let f = engine().compile(&source).expect("parsed").get::<fn() -> ()>("f").expect("f");
    match f.call(&Tenant::default(), ()) {
        Err(Error::Worker(WorkerFailure::Died(how))) => assert!(how.contains("signal 9"), "{how}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(calls.swap(0, Ordering::SeqCst), 1, "nobody is left to ask for the second call");
    shoots.store(false, Ordering::SeqCst);
    // One that was idle may still be dying when it is taken.
    let patience = Instant::now() + Duration::from_secs(60);
    while let Err(error) = f.call(&Tenant::default(), ()) {
        let dies = matches!(error, Error::Worker(WorkerFailure::Died(_)));
        assert!(dies && Instant::now() < patience, "{error:?}");
    }
    assert_eq!(calls.load(Ordering::SeqCst), 2);
}
