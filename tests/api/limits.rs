//! Every limit from both sides: exactly what is needed is enough, and one less ends in an error that says which,
//! how much was used and how much was allowed. A limit without a case here fails the test.

use std::sync::{Mutex, mpsc};
use std::time::Duration;

use ovenbird::engine_config::{EngineOptions, PoolLimits};
use ovenbird::{
    Cost, Engine, Error, HostModule, LimitKind, Limits, Output, Program, Scheduling, Source, Tenant, Value,
};
use ovenbird_compiler::types::Type;
use ovenbird_tests::files::root;
use ovenbird_tests::project::grants;

use super::{COUNT, budget};

/// A program with the most that a limit needs to be.
struct Case {
    most: u64,
    attempt: Box<dyn Fn(u64) -> Result<Value, Error>>,
}

fn case(most: u64, attempt: impl Fn(u64) -> Result<Value, Error> + 'static) -> Option<Case> {
    Some(Case { most, attempt: Box::new(attempt) })
}

/// A call of `f(arg)` within limits.
fn call(text: &str, arg: i64, limit: impl Fn(Limits, u64) -> Limits + 'static, most: u64) -> Option<Case> {
    let f = super::program(text).entry("f", &[Type::Int]).expect("f");
    case(most, move |amount| {
        let tenant = Tenant::default().limits(limit(Limits::default(), amount));
        f.call(&tenant, &[Value::Int(arg)])
    })
}

const READ: &str = "\
import pandas as pd

df = pd.read_parquet(\"ride.parquet\")
print(df)
print(len(pd.read_parquet(\"tiny.parquet\")))
";

/// A script that reads two files.
fn read(limit: impl Fn(Limits, u64) -> Limits + 'static) -> Option<Case> {
    let grants = grants(&root().join("tests/lang/pandas/data"));
    let program =
        super::engine().compile(&Source::new("read.py", READ).grants(grants.clone())).expect("it parses");
    case(1 << 40, move |amount| {
        let tenant = Tenant::default().limits(limit(Limits::default(), amount)).grants(grants.clone());
        program.run(&tenant, Output::Discard).result
    })
}

const RECURSION: &str = "def f(n):\n    if n == 0:\n        return 0\n    return f(n - 1) * 3 + n\n";

fn stack() -> Option<Case> {
    case(8 << 20, |bytes| {
        let native = EngineOptions { stack_bytes: bytes as usize, ..EngineOptions::default() };
        let engine = Engine::builder().native(native).build()?;
        engine
            .compile(&Source::new("deep.py", RECURSION))?
            .entry("f", &[Type::Int])?
            .call(&Tenant::default(), &[Value::Int(6_000)])
    })
}

/// The case of a limit; `None` for those that are tried in another way.
fn of(which: LimitKind) -> Option<Case> {
    match which {
        LimitKind::Cpu => call(&COUNT.replace("count", "f"), 1_000, Limits::cpu_units, 1 << 40),
        LimitKind::Memory => {
            let text = "import numpy as np\n\n\ndef f(n):\n    return np.ones(n).sum()\n";
            call(text, 100_000, Limits::memory_bytes, 1 << 30)
        }
        LimitKind::Output => {
            call("def f(n):\n    print(\"x\" * n)\n    return str(n)\n", 700, Limits::output_bytes, 1 << 20)
        }
        LimitKind::ResultDepth => {
            call("def f(n):\n    return (n, ((n, (1.5,)), n))\n", 1, Limits::result_depth, 100)
        }
        LimitKind::HostMemory => read(Limits::host_bytes),
        LimitKind::Files => read(Limits::files),
        LimitKind::Scans => read(Limits::scans),
        LimitKind::BytesRead => read(Limits::bytes_read),
        LimitKind::RowsRead => read(Limits::rows_read),
        LimitKind::PagesRead => read(Limits::pages_read),
        LimitKind::PageBytes => read(Limits::page_bytes),
        LimitKind::Footer => read(Limits::footer_bytes),
        LimitKind::Columns => read(Limits::columns),
        LimitKind::Stack => stack(),
        LimitKind::Deadline | LimitKind::WaitingCalls | LimitKind::Instances | LimitKind::Compile(_) => None,
        other => panic!("{other:?} has no case: add one"),
    }
}

fn is_exact(which: LimitKind, case: &Case) {
    let with = |amount| (case.attempt)(amount).is_ok();
    let (mut too_little, mut enough) = (0, case.most);
    assert!(with(enough), "{which:?}: {:?}", (case.attempt)(enough));
    assert!(!with(too_little), "{which:?} allows something for nothing");
    while enough - too_little > 1 {
        let middle = too_little + (enough - too_little) / 2;
        if with(middle) { enough = middle } else { too_little = middle }
    }
    for _ in 0..2 {
        assert!(with(enough), "{which:?}: {enough} was enough");
        let error = (case.attempt)(enough - 1).expect_err("one less is too little");
        let limit = error.limit().unwrap_or_else(|| panic!("{which:?}: {error}"));
        assert_eq!((limit.which, limit.allowed), (which, enough - 1), "{error}");
        // A guest's own counters only say that all is used.
        let whole = matches!(which, LimitKind::Cpu | LimitKind::Stack);
        assert!(limit.used > limit.allowed || whole && limit.used == limit.allowed, "{error}");
        assert!(error.to_string().contains(which.name()), "{error}");
    }
}

#[test]
fn every_limit_is_exact() {
    for which in LimitKind::all() {
        match (which, of(which)) {
            (_, Some(case)) => is_exact(which, &case),
            (LimitKind::Compile(ovenbird::CompileLimit::Time), None) => budget::time_is_a_limit(),
            (LimitKind::Compile(which), None) => budget::is_exact(which),
            (LimitKind::Deadline, None) => a_deadline(),
            (LimitKind::Instances, None) => instances(),
            (LimitKind::WaitingCalls, None) => waiting_calls(),
            (other, None) => panic!("{other:?} has no case: add one"),
        }
    }
}

fn endless(engine: &Engine) -> Program {
    engine.compile(&Source::new("count.py", COUNT)).expect("a program")
}

fn unbounded() -> Tenant {
    Tenant::default().limits(Limits::default().cpu_units(u64::MAX).deadline(Duration::from_secs(600)))
}

fn a_deadline() {
    let count = endless(&super::engine()).get::<fn(i64) -> i64>("count").expect("count");
    let tenant =
        |deadline| Tenant::default().limits(Limits::default().cpu_units(u64::MAX).deadline(deadline));
    let error = count.call(&tenant(Duration::from_millis(20)), (i64::MAX,)).expect_err("it is endless");
    let limit = error.limit().expect("a limit");
    assert_eq!((limit.which, limit.allowed), (LimitKind::Deadline, 20_000_000));
    assert!(limit.used >= limit.allowed, "{error}");
    count.call(&tenant(Duration::from_secs(600)), (1_000,)).expect("enough time");
}

/// Without `at_most` in `host/src/run.rs`: a guest that outgrows its slot is told that it has a bug, and not which limit it
/// reached.
#[test]
fn a_slot_of_the_pool_is_a_limit_of_memory() {
    let engine =
        Engine::builder().pool(PoolLimits { slots: 1, memory_bytes: 1 << 20 }).build().expect("an engine");
    let text = "import numpy as np\n\n\ndef f(n):\n    return np.ones(n).sum()\n";
    let f = engine.compile(&Source::new("ones.py", text)).expect("a program");
    let f = f.get::<fn(i64) -> f64>("f").expect("f");
    assert_eq!(f.call(&Tenant::default(), (10_000,)).expect("it fits"), 10_000.0);
    let error = f.call(&Tenant::default(), (1 << 20,)).expect_err("it does not");
    let limit = error.limit().unwrap_or_else(|| panic!("{error}"));
    assert_eq!((limit.which, limit.allowed), (LimitKind::Memory, 1 << 20));
}

/// Calls that go on at the same time, one more than there is place for.
fn instances() {
    const PATIENCE: Duration = Duration::from_secs(60);
    for slots in [1, 2] {
        let engine =
            Engine::builder().pool(PoolLimits { slots, memory_bytes: 1 << 20 }).build().expect("an engine");
        // What needs no memory takes no slot, so it also needs one. It says when it has it: who asked for a place again and
        // again until none is left would at times have the place that one of these is about to take.
        let text = COUNT.replace("    return t", "    return t + len(str(t))");
        let text = format!("import host\n\n\n{}", text.replacen(":\n", ":\n    host.begun()\n", 1));
        let (begins, begun) = mpsc::channel();
        let begins = Mutex::new(begins);
        let begin = move || begins.lock().expect("whole").send(()).expect("somebody listens");
        let host = HostModule::new("host").and_then(|host| host.function("begun", Cost::units(1), begin));
        let source = Source::new("count.py", text).host(host.expect("a module"));
        let count = engine.compile(&source).expect("a program");
        let count = count.get::<fn(i64) -> i64>("count").expect("count");
        count.call(&Tenant::default(), (10,)).expect("all slots are free");
        begun.recv_timeout(PATIENCE).expect("it began");
        let busy: Vec<_> = (0..slots).map(|n| count.spawn(&named(n), (i64::MAX,))).collect();
        for _ in 0..slots {
            begun.recv_timeout(PATIENCE).expect("each has a slot");
        }
        let error = count.call(&Tenant::default(), (10,)).expect_err("there is none for it");
        let limit = error.limit().unwrap_or_else(|| panic!("{error}"));
        let (used, allowed) = (u64::from(slots) + 1, u64::from(slots));
        assert_eq!((limit.which, limit.used, limit.allowed), (LimitKind::Instances, used, allowed));
        for task in busy {
            task.cancel();
            assert!(matches!(task.join().result, Err(Error::Cancelled { .. })));
        }
        count.call(&Tenant::default(), (10,)).expect("the slots are free again");
    }
}

fn named(n: u32) -> Tenant {
    let tenant = Tenant::named(format!("tenant {n}"));
    tenant.limits(unbounded().limits)
}

fn waiting_calls() {
    let scheduling = Scheduling { threads: 1, running_per_tenant: 1, waiting_per_tenant: 2 };
    let engine = Engine::builder().scheduling(scheduling).build().expect("an engine");
    let count = endless(&engine).get::<fn(i64) -> i64>("count").expect("count");
    let first = count.spawn(&named(1), (i64::MAX,));
    // Once another tenant's call is next in line, the thread is surely busy with the first.
    std::thread::sleep(Duration::from_millis(100));
    let waiting: Vec<_> = (0..2).map(|_| count.spawn(&named(1), (10,))).collect();
    let limit =
        count.spawn(&named(1), (10,)).join().result.expect_err("one too many").limit().expect("a limit");
    assert_eq!((limit.which, limit.used, limit.allowed), (LimitKind::WaitingCalls, 3, 2));
    first.cancel();
    let _ = first.join();
    for task in waiting {
        task.join().result.expect("two may wait");
    }
}

/// Without `is_scarce` in `host/src/scarce.rs`: who has set a limit of address space is told of a bug in Ovenbird.
#[test]
#[cfg(target_os = "linux")]
fn that_there_is_no_room_for_a_memory_is_an_error_that_says_so() {
    let folder = tempfile::tempdir().expect("temp");
    std::fs::write(folder.path().join("main.py"), "print(str(1) * 3)\n").expect("written");
    let run = |kib: &str, json: &str| {
        let mut command = std::process::Command::new("sh");
        command.args(["-c", "ulimit -v $0; exec \"$1\" run --no-cache $2 main.py", kib]);
        command.args([env!("CARGO_BIN_EXE_command_line"), json]).current_dir(folder.path());
        let ended = command.output().expect("it starts");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        (ended.status.code(), text(ended.stdout), text(ended.stderr))
    };
    assert_eq!(run("16000000", ""), (Some(0), "111\n".to_owned(), String::new()));
    // The compiler's stack finds room, and 4 GiB do not.
    let (code, printed, told) = run("3000000", "");
    assert_eq!((code, &*printed), (Some(3), ""), "{told}");
    let expected = "out of memory: the system does not give the 4.1 GiB of address space that the memory of a call needs: ";
    assert!(told.starts_with(expected) && told.contains("ulimit -v"), "{told}");
    let (code, _, told) = run("3000000", "--json");
    assert!(code == Some(3) && told.contains("\"out_of_memory\""), "{told}");
}
