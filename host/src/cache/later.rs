//! Stores that nobody waits for: jobs → done in their order, by one thread of the process.
//!
//! Whoever compiled something has an answer already; making the files of the entry is left to this thread. It
//! begins when this process has compiled nothing for a moment, since it would take from a compilation what that needs
//! itself, and functions are asked for one after the other. But it does not wait if another process waits for what is to
//! be stored, and in any case only so long.
//!
//! Nothing is lost by that: a cache waits for its jobs when it is dropped, when it is asked what it holds or
//! counted, and before it looks for an entry that is still to be stored; then the thread does not wait for anybody.
//! A process that is killed meanwhile leaves what a process leaves that is killed while it stores by itself. Where
//! no thread can be had, and when too much waits, a job is done at once by whoever brings it. Between compilations that follow each
//! other the thread does not fall asleep, because to wake it costs whoever compiles more than to look for an entry.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::cache::Cache;
use crate::cache::lock::{Turns, is_waited_for};
use crate::cache::slot::Slot;
use crate::process;

mod queue;

use queue::{Job, Next, Queue};

/// The jobs of one cache that are not done yet.
#[derive(Default)]
pub(super) struct Later {
    waiting: Mutex<Waiting>,
    /// How many there are, to be read without the lock. In a process that was forked it may say too many.
    left: AtomicUsize,
    done: Condvar,
    /// The rights to make the entries, by which is seen who waits for them.
    turns: Option<Arc<Turns>>,
}

#[derive(Default)]
struct Waiting {
    /// The process that brought them. One that was forked from it has the numbers, but not the thread.
    process: u32,
    /// Of each entry, how many.
    jobs: BTreeMap<Slot, usize>,
}

/// Whether a job was ever put into the queue, by this process or by one that it was forked from: as long as it is not, nobody
/// need ask which process this is, for which a page is mapped (`process`). It is said under the queue's lock and never taken back.
static USED: AtomicBool = AtomicBool::new(false);
static QUEUE: Mutex<Queue> = Mutex::new(Queue::new(0));
static WORK: Condvar = Condvar::new();
static DONE: Condvar = Condvar::new();

/// Says that a compilation is going on, until it is dropped.
#[must_use = "stores wait until this is dropped"]
pub(crate) struct Compiling {
    process: u32,
}

impl Compiling {
    fn start() -> Self {
        let mut queue = queue();
        queue.compiling += 1;
        Compiling { process: queue.process }
    }
}

impl Drop for Compiling {
    fn drop(&mut self) {
        let mut queue = queue();
        // In a process that was forked meanwhile, this is the parent's compilation.
        if queue.process != self.process {
            return;
        }
        queue.compiling = queue.compiling.saturating_sub(1);
        // The thread finds out by itself: it does not sleep while there are jobs.
        queue.ended = Some(Instant::now());
    }
}

impl Cache {
    /// To be held by who compiles: what is stored later is stored after that.
    pub(crate) fn compiling(&self) -> Option<Compiling> {
        self.is_on().then(Compiling::start)
    }
}

/// Somebody waits for jobs: the thread does not wait for compilations until this is dropped.
struct Hurry {
    process: u32,
}

impl Hurry {
    fn start() -> Self {
        let mut queue = queue();
        queue.hurried += 1;
        let process = queue.process;
        drop(queue);
        WORK.notify_one();
        Hurry { process }
    }
}

impl Drop for Hurry {
    fn drop(&mut self) {
        let mut queue = queue();
        if queue.process == self.process {
            queue.hurried = queue.hurried.saturating_sub(1);
        }
    }
}

/// Waits for what all caches of this process have brought so far: who opens a cache sees it all.
pub(super) fn settle_process() {
    // What this thread has brought or was told of it sees; what another brings at this moment nobody waits for.
    if !USED.load(Ordering::Acquire) {
        return;
    }
    let waiting = queue();
    let brought = waiting.brought;
    if waiting.done >= brought {
        return;
    }
    drop(waiting);
    let _hurry = Hurry::start();
    drop(DONE.wait_while(queue(), |queue| queue.done < brought));
}

/// Has everything stored as soon as possible, without waiting for it: perhaps it is what the caller waits for.
pub(super) fn nudge() {
    let mut queue = queue();
    queue.nudged = !queue.jobs.is_empty();
    if queue.nudged {
        drop(queue);
        WORK.notify_one();
    }
}

impl Later {
    pub(super) fn new(turns: Option<Arc<Turns>>) -> Self {
        Later { turns, ..Later::default() }
    }

    /// Brings a job that stores these entries and holds so many bytes. It is told whether it is the last one for now.
    pub(super) fn submit(
        self: &Arc<Self>,
        slots: Vec<Slot>,
        bytes: usize,
        run: impl FnOnce(bool) + Send + 'static,
    ) {
        let mut waiting = self.waiting();
        for slot in &slots {
            *waiting.jobs.entry(slot.clone()).or_default() += 1;
        }
        self.left.fetch_add(1, Ordering::Relaxed);
        drop(waiting);
        let brought = Instant::now();
        let job = Job { owner: Arc::clone(self), slots, bytes, brought, run: Box::new(run) };
        let mut queue = queue();
        if !queue.takes(bytes) {
            drop(queue);
            job.run();
            return;
        }
        USED.store(true, Ordering::Release);
        queue.bytes += bytes;
        queue.brought += 1;
        queue.jobs.push_back(job);
        let is_needed = queue.is_to_be_woken();
        drop(queue);
        if is_needed {
            WORK.notify_one();
        }
    }

    /// Waits for the jobs of one entry.
    pub(super) fn settle(&self, slot: &Slot) {
        self.settle_while(|waiting| waiting.jobs.contains_key(slot));
    }

    /// Waits for all jobs.
    pub(super) fn settle_all(&self) {
        self.settle_while(|waiting| !waiting.jobs.is_empty());
    }

    fn settle_while(&self, is_due: impl Fn(&Waiting) -> bool) {
        if self.is_idle() {
            return;
        }
        if is_due(&self.waiting()) {
            let _hurry = Hurry::start();
            drop(self.done.wait_while(self.waiting(), |waiting| is_due(waiting)));
        }
    }

    fn is_idle(&self) -> bool {
        // What this thread has brought it sees; what another brings at this moment nobody waits for.
        self.left.load(Ordering::Acquire) == 0
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let own = process::id();
        if waiting.process != own {
            *waiting = Waiting { process: own, jobs: BTreeMap::new() };
            self.left.store(0, Ordering::Relaxed);
        }
        waiting
    }

    fn finish(&self, slots: &[Slot]) {
        let mut waiting = self.waiting();
        for slot in slots {
            if let Some(count) = waiting.jobs.get_mut(slot) {
                *count -= 1;
                if *count == 0 {
                    waiting.jobs.remove(slot);
                }
            }
        }
        self.left.fetch_sub(1, Ordering::Release);
        drop(waiting);
        self.done.notify_all();
    }
}

impl Job {
    fn run(self) {
        let Job { owner, slots, bytes: _, brought: _, run } = self;
        let is_last = owner.left.load(Ordering::Relaxed) <= 1;
        // An entry that is not stored costs time; a thread that ends would cost all later ones.
        let _ = catch_unwind(AssertUnwindSafe(|| run(is_last)));
        owner.finish(&slots);
    }
}

fn queue() -> MutexGuard<'static, Queue> {
    // Jobs run outside of the lock, so a panic cannot have left it half changed.
    let mut queue = QUEUE.lock().unwrap_or_else(PoisonError::into_inner);
    let own = process::id();
    if queue.process != own {
        // After a fork the jobs are the parent's, and it does them.
        *queue = Queue::new(own);
    }
    queue
}

fn serve() {
    loop {
        let mut queue = queue();
        let job = loop {
            match queue.next(Instant::now()) {
                Next::Job => match queue.jobs.pop_front() {
                    Some(job) => break job,
                    None => continue,
                },
                Next::WaitFor(time) => {
                    queue = WORK.wait_timeout(queue, time).unwrap_or_else(PoisonError::into_inner).0;
                    if queue.compiling > 0 {
                        let owners = queue.owners();
                        drop(queue);
                        let is_wanted = owners.iter().any(|turns| is_waited_for(turns));
                        queue = self::queue();
                        queue.nudged |= is_wanted && !queue.jobs.is_empty();
                    }
                }
                Next::Sleep => {
                    queue.asleep = true;
                    queue = WORK.wait(queue).unwrap_or_else(PoisonError::into_inner);
                    queue.asleep = false;
                }
            }
        };
        queue.bytes = queue.bytes.saturating_sub(job.bytes);
        queue.nudged &= !queue.jobs.is_empty();
        drop(queue);
        job.run();
        self::queue().done += 1;
        DONE.notify_all();
    }
}

#[cfg(test)]
mod tests;
