//! What a host sees of workers that fail, and what it has left when all is over.

use std::sync::Arc;

use ovenbird::engine_config::{EngineOptions, PoolLimits};
use ovenbird::remote::{RemoteError, RemoteOptions, RemoteSource};

use super::*;

const SPIN: &str = "def spin():\n    n = 0\n    while True:\n        n += 1\n";

fn spin(engine: &Engine) -> ovenbird::Function<fn() -> ()> {
    let program = engine.compile(&Source::new("spin.py", SPIN)).expect("it compiles");
    program.get::<fn() -> ()>("spin").expect("a function")
}

/// Fails without: telling how a worker ended; replacing it.
#[test]
fn a_worker_that_is_killed_in_the_middle_of_a_call_is_one_failed_call() {
    if !is_alone("hosts::a_worker_that_is_killed_in_the_middle_of_a_call_is_one_failed_call") {
        return;
    }
    let engine = Engine::builder().workers(options().processes(3)).build().expect("workers");
    let spin = spin(&engine);
    let limits = Limits::default().cpu_units(u64::MAX).deadline(Duration::from_secs(600));
    let tenant = Tenant::named("victim").limits(limits);
    let task = spin.spawn(&tenant, ());
    // Whichever it is in: all that are not at work are only idle.
    std::thread::sleep(Duration::from_millis(500));
    let before = std::time::Instant::now();
    while !task.is_finished() {
        for id in children() {
            let pid = rustix::process::Pid::from_raw(id as i32).expect("a number");
            let busy = std::fs::read_to_string(format!("/proc/{id}/cmdline")).unwrap_or_default();
            if busy.contains("ovenbird-worker") && is_spinning(id) {
                let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
            }
        }
        assert!(before.elapsed() < Duration::from_secs(60), "nothing spins");
    }
    match task.join().result {
        Err(Error::Worker(WorkerFailure::Died(how))) => assert!(how.contains("signal 9"), "{how}"),
        other => panic!("{other:?}"),
    }
    let program = engine.compile(&Source::new("f.py", "def f(x):\n    return x + 1\n")).expect("it compiles");
    let f = program.get::<fn(i64) -> i64>("f").expect("a function");
    assert_eq!(f.call(&tenant, (1,)).expect("the next call works"), 2);
}

/// Whether a process has used a good deal of processor time.
pub(super) fn is_spinning(id: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    let rest = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let ticks: u64 = rest.split(' ').nth(11).and_then(|ticks| ticks.parse().ok()).unwrap_or(0);
    ticks > 20
}

/// Fails without: the deadline outside of the worker.
#[test]
fn a_program_that_is_no_worker_is_told_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = |name: &str, text: &str| {
        use std::os::unix::fs::PermissionsExt;
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("a script");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).expect("a mode");
        path
    };
    let scripts = [
        ("ends", "#!/bin/sh\nexit 3\n"),
        ("talks", "#!/bin/sh\nprintf '\\377\\377\\377\\377\\377\\377\\377\\377' >&0\nsleep 100\n"),
        ("lies", "#!/bin/sh\nprintf '\\001\\000\\000\\000\\000\\000\\000\\000\\000' >&0\nsleep 100\n"),
    ];
    for (name, text) in scripts {
        let started = Instant::now();
        let options = WorkerOptions::default().program(script(name, text));
        let failed = Engine::builder().workers(options).build().map(drop);
        assert!(matches!(failed, Err(Error::Worker(WorkerFailure::Start(_)))), "{name}: {failed:?}");
        assert!(started.elapsed() < Duration::from_secs(15), "{name}");
    }
    let missing = WorkerOptions::default().program("/nowhere/ovenbird");
    assert!(matches!(
        Engine::builder().workers(missing).build(),
        Err(Error::Worker(WorkerFailure::Start(_)))
    ));
}

#[test]
fn a_call_is_cancelled_and_limited_as_ever() {
    let engine = engine();
    let spin = spin(&engine);
    let limits = Limits::default().cpu_units(u64::MAX).deadline(Duration::from_secs(600));
    let endless = Tenant::default().limits(limits);
    let task = spin.spawn(&endless, ());
    std::thread::sleep(Duration::from_millis(300));
    let asked = Instant::now();
    task.cancel();
    let outcome = task.join();
    assert!(matches!(outcome.result, Err(Error::Cancelled { .. })), "{:?}", outcome.result);
    assert!(asked.elapsed() < Duration::from_secs(10));
    let short = Tenant::default().limits(Limits::default().deadline(Duration::from_millis(50)));
    let error = spin.call(&short, ()).expect_err("no end");
    assert!(matches!(error, Error::Limit { limit, .. } if limit.which == ovenbird::LimitKind::Deadline));
    // The same process goes on: a limit is no failure of a worker.
    let error =
        spin.call(&Tenant::default().limits(Limits::default().cpu_units(1000)), ()).expect_err("no end");
    assert!(matches!(error, Error::Limit { limit, .. } if limit.which == ovenbird::LimitKind::Cpu));
}

/// Says that something was written.
struct Telling(std::sync::mpsc::Sender<()>);

impl std::io::Write for Telling {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let _ = self.0.send(());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Fails without: looking for a cancellation also while there is always something to read.
#[test]
fn a_guest_that_prints_without_end_is_cancelled() {
    let text = "def f():\n    while True:\n        print('all work and no play')\n";
    let program = engine().compile(&Source::new("f.py", text)).expect("it compiles");
    let f = program.entry("f", &[]).expect("a function");
    let limits = Limits::default().cpu_units(u64::MAX).output_bytes(u64::MAX);
    let endless = Tenant::default().limits(limits.deadline(Duration::from_secs(600)));
    let (told, printed) = std::sync::mpsc::channel();
    let task = f.spawn(&endless, Vec::new(), Output::stream(Telling(told), false));
    printed.recv().expect("it prints");
    let asked = Instant::now();
    task.cancel();
    let result = task.join().result;
    assert!(matches!(result, Err(Error::Cancelled { .. })), "{result:?}");
    assert!(asked.elapsed() < Duration::from_secs(60));
}

/// A remote tier with nothing in it.
struct Nothing;

impl RemoteSource for Nothing {
    fn get(&self, _: &str, _: usize, _: Duration) -> Result<Option<Vec<u8>>, RemoteError> {
        Ok(None)
    }

    fn put(&self, _: &str, _: &[u8], _: Duration) -> Result<(), RemoteError> {
        Ok(())
    }

    fn name(&self) -> String {
        "nothing".to_owned()
    }
}

/// Fails without: any one of the refusals. None of these options or questions is ignored.
#[test]
fn what_workers_do_not_have_is_refused_and_not_ignored() {
    let refused = |what: &str, result: Result<(), Error>| match result {
        Err(Error::Worker(WorkerFailure::Unsupported(why))) => assert!(why.contains(what), "{why}"),
        other => panic!("{what}: {other:?}"),
    };
    let pool = PoolLimits { slots: 2, memory_bytes: 16 << 20 };
    refused("from a pool", Engine::builder().workers(options()).pool(pool).build().map(drop));
    let empty = RemoteOptions::read_only(Arc::new(Nothing), ovenbird::Trust::nobody());
    refused("remote tier", Engine::builder().workers(options()).remote(empty).build().map(drop));
}

/// Fails without: handing the option on.
#[test]
fn explicit_checks_are_an_option_there_too() {
    let native = EngineOptions { explicit_checks: true, ..EngineOptions::default() };
    let engine = Engine::builder().workers(options()).native(native).build().expect("workers");
    let text = "def f(x):\n    return [1, 2, 3][x]\n";
    let f = engine.compile(&Source::new("f.py", text)).expect("it compiles").get::<fn(i64) -> i64>("f");
    let f = f.expect("a function");
    assert_eq!(f.call(&Tenant::default(), (2,)).expect("an item"), 3);
    assert!(matches!(f.call(&Tenant::default(), (3,)), Err(Error::Raised(_))));
}

/// Fails without: asking whether there is to be a direct path.
#[test]
fn without_the_direct_path_nothing_is_kept_by_its_text() {
    for (probes, compiles) in [(true, 1), (false, 2)] {
        let engine = Engine::builder().workers(options()).probes(probes).build().expect("workers");
        for _ in 0..2 {
            let program = engine.compile(&Source::new("f.py", "def f(x):\n    return x\n")).expect("parsed");
            program.get::<fn(i64) -> i64>("f").expect("a function");
        }
        assert_eq!(engine.compiles(), compiles);
    }
}

/// Fails without: killing and waiting when the engine is dropped; closing the parent's ends.
#[test]
fn nothing_is_left_of_an_engine() {
    if !is_alone("hosts::nothing_is_left_of_an_engine") {
        return;
    }
    let open = || std::fs::read_dir("/proc/self/fd").expect("there is /proc").count();
    let round = || {
        let engine = engine();
        let scoped = engine.scope(&Scope::new("acme"));
        for engine in [&engine, &scoped] {
            let text = "def f(x):\n    print(x)\n    return x + 1\n";
            let program = engine.compile(&Source::new("f.py", text)).expect("it compiles");
            let f = program.get::<fn(i64) -> i64>("f").expect("a function");
            for tenant in ["a", "b", "c"] {
                assert_eq!(f.call(&Tenant::named(tenant), (1,)).expect("a sum"), 2);
            }
        }
    };
    round();
    let before = open();
    for _ in 0..3 {
        round();
    }
    // A spare worker may still be starting; it goes as soon as it sees that there is no engine.
    let patience = Instant::now() + Duration::from_secs(20);
    while (!children().is_empty() || open() != before) && Instant::now() < patience {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!((children(), open()), (Vec::new(), before));
    assert!(Path::new("/proc/self").exists());
}

/// Fails without: scopes in the owner of a process.
#[test]
fn a_fresh_process_for_each_call_is_an_option() {
    let engine = Engine::builder().workers(options().calls(1)).build().expect("workers");
    let program = engine.compile(&Source::new("f.py", "def f(x):\n    return x + 1\n")).expect("it compiles");
    let f = program.get::<fn(i64) -> i64>("f").expect("a function");
    let tenant = Tenant::default().grants(Grants::none());
    for x in 0..5 {
        assert_eq!(f.call(&tenant, (x,)).expect("a sum"), x + 1);
    }
}
