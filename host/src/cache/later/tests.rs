//! What waits to be stored: who waits for it, in which order it is done, and what a fork leaves.

use super::queue::MOST_BYTES;
use super::*;
use crate::cache::store::tests::slot;
use std::sync::mpsc;
use std::time::Duration;

/// A job that does not end before the sender is dropped.
fn block(later: &Arc<Later>, slot: Slot) -> mpsc::Sender<()> {
    let (release, blocked) = mpsc::channel::<()>();
    let run = move |_| {
        let _ = blocked.recv();
    };
    later.submit(vec![slot], 0, run);
    release
}

#[test]
fn who_needs_a_job_done_waits_for_it_and_nobody_else_does() {
    let (later, other) = (Arc::new(Later::default()), Arc::new(Later::default()));
    let release = block(&later, slot(1));
    later.settle(&slot(2));
    other.settle_all();
    assert!(!later.is_idle());
    let waiter = std::thread::spawn({
        let later = Arc::clone(&later);
        move || later.settle(&slot(1))
    });
    std::thread::sleep(Duration::from_millis(20));
    assert!(!waiter.is_finished());
    drop(release);
    waiter.join().expect("no panic");
    later.settle_all();
    assert!(later.is_idle());
}

#[test]
fn jobs_are_done_in_their_order_and_the_last_one_knows() {
    let later = Arc::new(Later::default());
    let release = block(&later, slot(9));
    let (send, done) = mpsc::channel();
    for number in 0..5 {
        let send = send.clone();
        let run = move |is_last| send.send((number, is_last)).expect("listens");
        later.submit(vec![slot(number)], 0, run);
    }
    drop((release, send));
    let order: Vec<_> = done.iter().collect();
    assert_eq!(order, [(0, false), (1, false), (2, false), (3, false), (4, true)]);
}

#[test]
fn a_job_that_panics_keeps_nobody_waiting() {
    let later = Arc::new(Later::default());
    later.submit(vec![slot(1)], 0, |_| panic!("on purpose"));
    later.settle(&slot(1));
    let (send, done) = mpsc::channel();
    later.submit(vec![slot(1)], 0, move |_| send.send(()).expect("listens"));
    assert_eq!(done.recv(), Ok(()), "the thread goes on");
}

#[test]
fn what_is_too_much_to_wait_is_done_at_once() {
    let later = Arc::new(Later::default());
    let release = block(&later, slot(1));
    let here = std::thread::current().id();
    let (send, done) = mpsc::channel();
    let run = move |_| send.send(std::thread::current().id()).expect("listens");
    later.submit(vec![slot(2)], MOST_BYTES + 1, run);
    assert_eq!(done.try_recv(), Ok(here));
    drop(release);
}

#[test]
fn a_forked_process_does_not_wait_for_jobs_of_its_parent() {
    let later = Later { left: AtomicUsize::new(1), ..Later::default() };
    // As fork leaves it in the child.
    let jobs = BTreeMap::from([(slot(1), 1)]);
    *later.waiting.lock().expect("no panic") = Waiting { process: std::process::id() + 1, jobs };
    later.settle(&slot(1));
    later.settle_all();
}

#[test]
fn what_is_brought_while_compiling_is_done_when_that_ends_or_somebody_needs_it() {
    let later = Arc::new(Later::default());
    let bring = |byte| {
        let (send, done) = mpsc::channel();
        later.submit(vec![slot(byte)], 0, move |_| send.send(()).expect("listens"));
        done
    };
    let compiling = Compiling::start();
    let done = bring(1);
    later.settle(&slot(1));
    assert_eq!(done.try_recv(), Ok(()), "who needs it has it");
    let done = bring(2);
    nudge();
    assert_eq!(done.recv(), Ok(()), "who waits in another way");
    let done = bring(3);
    drop(compiling);
    assert_eq!(done.recv(), Ok(()));
    // Other tests may compile in this process: patience is all that is sure.
    later.settle_all();
}

#[test]
fn a_forked_process_does_not_end_compilations_of_its_parent() {
    let ours = Compiling::start();
    let compiling = queue().compiling;
    // As fork leaves it in the child.
    drop(Compiling { process: std::process::id() + 1 });
    assert!(queue().compiling >= 1 && compiling >= 1);
    drop(ours);
}
