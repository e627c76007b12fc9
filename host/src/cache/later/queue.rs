//! What the storing thread has to do, and when: the jobs, what the process is doing, and the time → what comes next. Nothing
//! is done here.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Later, serve};
use crate::cache::lock::Turns;
use crate::cache::slot::Slot;

/// Most jobs that wait, and most bytes that they hold.
const MOST_JOBS: usize = 256;
pub(super) const MOST_BYTES: usize = 64 << 20;
/// A job waits this long at most for compilations to end: so much may be lost if the process is killed.
const PATIENCE: Duration = Duration::from_secs(if cfg!(test) { 30 } else { 1 });
/// While compilations go on, the thread asks so often whether another process waits for what is to be stored.
const GLANCE: Duration = Duration::from_millis(20);
/// So long after the end of the last compilation the thread does not fall asleep: to wake it takes from a compilation what
/// several look-ups take.
const AWAKE: Duration = Duration::from_millis(500);
/// Until then it looks this often for something to do.
const NAP: Duration = Duration::from_millis(5);
/// So long after the end of a compilation the next one may still begin: a module's functions are compiled one by one.
const LULL: Duration = Duration::from_millis(2);
/// Stores what was made at once: entries of one unit, or one entry.
pub(super) struct Job {
    pub(super) owner: Arc<Later>,
    pub(super) slots: Vec<Slot>,
    pub(super) bytes: usize,
    pub(super) brought: Instant,
    /// Is told whether it is the last one for now.
    pub(super) run: Box<dyn FnOnce(bool) + Send>,
}

/// What the thread has to do. One for the process: caches come and go, and a thread costs more than a job.
pub(super) struct Queue {
    pub(super) process: u32,
    pub(super) jobs: VecDeque<Job>,
    pub(super) bytes: usize,
    /// Jobs that were ever put in, and that are done.
    pub(super) brought: u64,
    pub(super) done: u64,
    /// Whether the thread is there.
    pub(super) served: bool,
    /// Compilations that are going on.
    pub(super) compiling: usize,
    /// When the last compilation ended.
    pub(super) ended: Option<Instant>,
    /// Whether the thread sleeps until it is woken, and not for some time only, and nobody has woken it.
    pub(super) asleep: bool,
    /// Those who wait for jobs now.
    pub(super) hurried: usize,
    /// Whether somebody waits in another way, until all jobs are done.
    pub(super) nudged: bool,
}

/// What the thread does next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    Job,
    WaitFor(Duration),
    Sleep,
}

impl Queue {
    pub(super) const fn new(process: u32) -> Self {
        Queue {
            process,
            jobs: VecDeque::new(),
            bytes: 0,
            brought: 0,
            done: 0,
            served: false,
            compiling: 0,
            ended: None,
            asleep: false,
            hurried: 0,
            nudged: false,
        }
    }

    /// Whether it takes a job of this size. One that finds no place, or no thread, is done by who brings it.
    pub(super) fn takes(&mut self, bytes: usize) -> bool {
        let is_full = self.jobs.len() >= MOST_JOBS || self.bytes.saturating_add(bytes) > MOST_BYTES;
        !is_full && self.is_served()
    }

    /// Whether there is a thread; starts it if there is none.
    fn is_served(&mut self) -> bool {
        if !self.served {
            let thread = std::thread::Builder::new().name("ovenbird-cache".to_owned());
            self.served = thread.spawn(serve).is_ok();
        }
        self.served
    }

    /// Whether the thread has to be woken for a job: it sleeps, or somebody waits. Otherwise it looks by itself soon. To be
    /// followed by waking it.
    pub(super) fn is_to_be_woken(&mut self) -> bool {
        let is_asleep = std::mem::take(&mut self.asleep);
        is_asleep || self.hurried > 0 || self.nudged
    }

    /// The turns of the caches that brought the jobs, each once.
    pub(super) fn owners(&self) -> Vec<Arc<Turns>> {
        let mut owners: Vec<Arc<Turns>> = Vec::new();
        for turns in self.jobs.iter().filter_map(|job| job.owner.turns.as_ref()) {
            if !owners.iter().any(|known| Arc::ptr_eq(known, turns)) {
                owners.push(Arc::clone(turns));
            }
        }
        owners
    }

    /// What comes next.
    pub(super) fn next(&self, now: Instant) -> Next {
        let Some(first) = self.jobs.front() else {
            let is_over = |ended| now.saturating_duration_since(ended) >= AWAKE;
            return if self.ended.is_none_or(is_over) { Next::Sleep } else { Next::WaitFor(NAP) };
        };
        if self.hurried > 0 || self.nudged {
            return Next::Job;
        }
        let lull = match self.ended {
            _ if self.compiling > 0 => GLANCE,
            Some(ended) => LULL.saturating_sub(now.saturating_duration_since(ended)),
            None => Duration::ZERO,
        };
        match PATIENCE.saturating_sub(now.saturating_duration_since(first.brought)).min(lull) {
            Duration::ZERO => Next::Job,
            left => Next::WaitFor(left),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A queue with one job, brought so long before `now`.
    fn waiting_for(age: Duration, now: Instant) -> Queue {
        let owner = Arc::default();
        let brought = now.checked_sub(age).expect("the clock is older");
        let job = Job { owner, slots: Vec::new(), bytes: 0, brought, run: Box::new(|_| {}) };
        Queue { jobs: VecDeque::from([job]), ..Queue::new(std::process::id()) }
    }

    #[test]
    fn stores_wait_for_compilations_but_not_for_ever_and_not_if_somebody_waits_for_them() {
        let now = Instant::now();
        let (fresh, ms) = (|| waiting_for(Duration::ZERO, now), Duration::from_millis);
        assert_eq!(Queue::new(1).next(now), Next::Sleep);
        assert_eq!(fresh().next(now), Next::Job);
        let compiling = || Queue { compiling: 1, ..fresh() };
        assert_eq!(compiling().next(now), Next::WaitFor(GLANCE));
        assert_eq!(compiling().next(now + PATIENCE - ms(1)), Next::WaitFor(ms(1)));
        assert_eq!(compiling().next(now + PATIENCE), Next::Job);
        assert_eq!(Queue { hurried: 1, ..compiling() }.next(now), Next::Job);
        assert_eq!(Queue { nudged: true, ..compiling() }.next(now), Next::Job);
    }

    #[test]
    fn stores_wait_a_moment_for_the_next_compilation_but_not_for_ever_and_not_if_somebody_waits_for_them() {
        let now = Instant::now();
        let ended = |age| Queue { ended: Some(now), ..waiting_for(age, now) };
        let (fresh, ms) = (|| ended(Duration::ZERO), Duration::from_millis);
        assert_eq!(fresh().next(now), Next::WaitFor(LULL));
        assert_eq!(fresh().next(now + ms(1)), Next::WaitFor(LULL - ms(1)));
        assert_eq!(fresh().next(now + LULL), Next::Job);
        assert_eq!(ended(PATIENCE - ms(1)).next(now), Next::WaitFor(ms(1)));
        assert_eq!(ended(PATIENCE).next(now), Next::Job);
        assert_eq!(Queue { hurried: 1, ..fresh() }.next(now), Next::Job);
        assert_eq!(Queue { nudged: true, ..fresh() }.next(now), Next::Job);
    }

    #[test]
    fn without_jobs_the_thread_stays_awake_for_a_moment_after_a_compilation() {
        let now = Instant::now();
        let ended = Queue { ended: Some(now), ..Queue::new(1) };
        assert_eq!(ended.next(now + AWAKE - NAP), Next::WaitFor(NAP));
        assert_eq!(ended.next(now + AWAKE), Next::Sleep);
    }

    #[test]
    fn a_thread_that_sleeps_is_woken_once_and_then_looks_by_itself() {
        let mut queue = Queue { compiling: 1, asleep: true, ..Queue::new(1) };
        // Also while something is compiled: it measures for how long, and whether somebody waits.
        assert!(queue.is_to_be_woken());
        assert!(!queue.is_to_be_woken());
        assert!(Queue { hurried: 1, ..Queue::new(1) }.is_to_be_woken());
        assert!(Queue { nudged: true, ..Queue::new(1) }.is_to_be_woken());
    }
}
