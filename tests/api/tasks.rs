//! Spawned calls: joined, awaited, cancelled, shared fairly between tenants.

use std::future::Future;
use std::sync::mpsc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use ovenbird::{Cancel, Error, LimitKind, Limits, Output, Scheduling, Source, Tenant, Value};
use ovenbird_compiler::types::Type;

use super::{COUNT, program, tenant};

/// Longer than any machine needs to stop a guest, and much shorter than the calls that are stopped.
const SOON: Duration = Duration::from_secs(20);

fn unbounded() -> Tenant {
    Tenant::default().limits(Limits::default().cpu_units(u64::MAX).deadline(Duration::from_secs(3600)))
}

#[test]
fn a_spawned_call_gives_what_a_call_gives() {
    let divide = program("def f(a, b):\n    return a // b\n").get::<fn(i64, i64) -> i64>("f").expect("f");
    let good = divide.spawn(&tenant(), (7, 2)).join();
    assert_eq!(good.result.expect("a quotient"), 3);
    let bad = divide.spawn(&tenant(), (7, 0)).join();
    assert!(matches!(bad.result, Err(Error::Raised(_))), "{:?}", bad.result);
    let printing = program("def f(n):\n    print(n)\n").entry("f", &[Type::Int]).expect("f");
    let outcome = printing.spawn(&tenant(), vec![Value::Int(5)], Output::Capture(Vec::new())).join();
    assert_eq!(outcome.output.captured(), b"5\n");
    assert_eq!(outcome.usage.io.output_bytes, 2, "usage is told");
}

#[test]
fn a_running_call_is_cancelled() {
    let text =
        "def count(n):\n    t = 0\n    for i in range(n):\n        t ^= 1000 // (i - n)\n    return t\n";
    let count = program(text).get::<fn(i64) -> i64>("count").expect("count");
    // On a busy machine the call may not have reached its loop yet: then it is given more time.
    for delay in [50, 500, 5_000] {
        let started = Instant::now();
        let task = count.spawn(&unbounded(), (i64::MAX,));
        std::thread::sleep(Duration::from_millis(delay));
        let canceller = task.canceller();
        std::thread::spawn(move || canceller.cancel());
        let outcome = task.join();
        let Err(Error::Cancelled { traceback }) = outcome.result else { panic!("{:?}", outcome.result) };
        assert!(started.elapsed() < SOON);
        if let Some(last) = traceback.last() {
            assert_eq!(last.function, "count", "where it was");
            assert!(outcome.usage.cpu_units > 0, "what it used is told");
            return;
        }
    }
    panic!("it was never running");
}

#[test]
fn a_call_that_was_cancelled_before_does_not_run() {
    let function = program("def f():\n    print(1)\n    n = 0\n    while True:\n        n += 1\n");
    let function = function.entry("f", &[]).expect("f");
    let cancel = Cancel::new();
    cancel.cancel();
    let outcome = function.call_until(&unbounded(), &[], Output::Discard, &cancel);
    assert!(matches!(outcome.result, Err(Error::Cancelled { .. })), "{:?}", outcome.result);
}

#[test]
fn cancelling_one_call_leaves_the_others_alone() {
    let count = program(COUNT).get::<fn(i64) -> i64>("count").expect("count");
    let doomed = count.spawn(&unbounded(), (i64::MAX,));
    let other = count.spawn(&tenant(), (1000,));
    doomed.cancel();
    assert!(matches!(doomed.join().result, Err(Error::Cancelled { .. })));
    assert_eq!(other.join().result.expect("a result"), (0..1000).fold(0, |t, i| t ^ (i * i)));
}

#[test]
fn a_deadline_is_still_a_deadline() {
    let count = program(COUNT).get::<fn(i64) -> i64>("count").expect("count");
    let limits = Limits::default().deadline(Duration::from_millis(30)).cpu_units(u64::MAX);
    let outcome = count.spawn(&Tenant::default().limits(limits), (i64::MAX,)).join();
    let Err(Error::Limit { limit, .. }) = outcome.result else { panic!("{:?}", outcome.result) };
    assert_eq!(limit.which, LimitKind::Deadline);
}

/// A waker that says that it was called.
struct Ring(mpsc::Sender<()>);

impl Wake for Ring {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.send(()).expect("listens");
    }
}

#[test]
fn a_task_is_a_future_that_blocks_nobody() {
    let count = program(COUNT).get::<fn(i64) -> i64>("count").expect("count");
    let (send, rung) = mpsc::channel();
    let waker = Waker::from(std::sync::Arc::new(Ring(send)));
    let mut context = Context::from_waker(&waker);
    let mut task = Box::pin(count.spawn(&tenant(), (200_000_000,)));
    let first = task.as_mut().poll(&mut context);
    let outcome = match first {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => {
            rung.recv_timeout(SOON).expect("woken");
            let Poll::Ready(outcome) = task.as_mut().poll(&mut context) else { panic!("woken too early") };
            outcome
        }
    };
    assert_eq!(outcome.result.expect("a result"), (0..200_000_000i64).fold(0, |t, i| t ^ (i * i)));
}

#[test]
fn a_dropped_task_stops_and_a_detached_one_does_not() {
    let scheduling = Scheduling { threads: 1, running_per_tenant: 1, waiting_per_tenant: 10 };
    let engine = super::builder().scheduling(scheduling).build().expect("an engine");
    let program = engine.compile(&Source::new("test.py", COUNT)).expect("a program");
    let count = program.get::<fn(i64) -> i64>("count").expect("count");
    drop(count.spawn(&unbounded(), (i64::MAX,)));
    count.spawn(&unbounded(), (10,)).detach();
    // The only thread is free again.
    let started = Instant::now();
    assert_eq!(count.spawn(&tenant(), (3,)).join().result.expect("a result"), 5);
    assert!(started.elapsed() < SOON);
}

/// Without `queue.len() >= allowed` in `host/src/workers.rs`: calls wait until memory is used up.
#[test]
fn a_tenant_may_not_queue_without_bound() {
    let scheduling = Scheduling { threads: 1, running_per_tenant: 1, waiting_per_tenant: 2 };
    let engine = super::builder().scheduling(scheduling).build().expect("an engine");
    let program = engine.compile(&Source::new("test.py", COUNT)).expect("a program");
    let count = program.get::<fn(i64) -> i64>("count").expect("count");
    let (greedy, modest) = (Tenant::named("greedy").limits(unbounded().limits), Tenant::named("modest"));
    let tasks: Vec<_> = (0..4).map(|_| count.spawn(&greedy, (i64::MAX,))).collect();
    let mut refused = 0;
    let waiting = count.spawn(&modest, (10,));
    for task in tasks {
        task.cancel();
        match task.join().result {
            Err(Error::Limit { limit, .. }) => {
                assert_eq!((limit.which, limit.used, limit.allowed), (LimitKind::WaitingCalls, 3, 2));
                refused += 1;
            }
            other => assert!(matches!(other, Err(Error::Cancelled { .. })), "{other:?}"),
        }
    }
    // One runs and two wait; the first may not have been taken from the queue when the third came.
    assert!((1..=2).contains(&refused), "{refused} refused");
    assert!(waiting.join().result.is_ok(), "another tenant has a queue of its own");
}

#[test]
fn three_hundred_tenants_at_once() {
    let count = program(COUNT).get::<fn(i64) -> i64>("count").expect("count");
    let tasks: Vec<_> =
        (0..320).map(|n| (n, count.spawn(&Tenant::named(format!("tenant {n}")), (n * 10,)))).collect();
    for (n, task) in tasks {
        let wanted = (0..n * 10).fold(0, |t, i| t ^ (i * i));
        assert_eq!(task.join().result.expect("a result"), wanted);
    }
}
