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
//! no thread can be had, and when too much waits, a job is done at once by whoever brings it.

use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::cache::Cache;
use crate::cache::lock::{Turns, is_waited_for};

/// Most jobs that wait, and most bytes that they hold.
const MOST_JOBS: usize = 256;
const MOST_BYTES: usize = 64 << 20;
/// A job waits this long at most for compilations to end: so much may be lost if the process is killed.
const PATIENCE: Duration = Duration::from_secs(if cfg!(test) { 30 } else { 1 });
/// While compilations go on, the thread asks so often whether another process waits for what is to be stored.
const GLANCE: Duration = Duration::from_millis(20);
/// So long after the end of a compilation the next one may still begin: a module's functions are compiled one by one.
/// Also how often the thread looks whether that is over, so that nobody who compiles has to wake it again.
const LULL: Duration = Duration::from_millis(2);
/// While the process has compiled for no longer than this, the thread is left asleep: to wake it would cost such a
/// compilation more than its end is away.
const SHORT: Duration = Duration::from_millis(5);

/// The jobs of one cache that are not done yet.
#[derive(Default)]
pub(super) struct Later {
    waiting: Mutex<Waiting>,
    done: Condvar,
    /// The rights to make the entries, by which is seen who waits for them.
    turns: Option<Arc<Turns>>,
}

#[derive(Default)]
struct Waiting {
    /// The process that brought them. One that was forked from it has the numbers, but not the thread.
    process: u32,
    /// By the name of the entry, how many.
    jobs: BTreeMap<String, usize>,
}

struct Job {
    owner: Arc<Later>,
    name: String,
    bytes: usize,
    brought: Instant,
    run: Box<dyn FnOnce(bool) + Send>,
}

/// What the thread has to do. One for the process: caches come and go, and a thread costs more than a job.
struct Queue {
    process: u32,
    jobs: VecDeque<Job>,
    bytes: usize,
    /// Jobs that were ever put in, and that are done.
    brought: u64,
    done: u64,
    /// Whether the thread is there.
    served: bool,
    /// Compilations that are going on, and since when there was always one.
    compiling: usize,
    since: Option<Instant>,
    /// When the last compilation ended.
    ended: Option<Instant>,
    /// Whether the thread sleeps until it is woken, and not for some time only.
    asleep: bool,
    /// Those who wait for jobs now.
    hurried: usize,
    /// Whether somebody waits in another way, until all jobs are done.
    nudged: bool,
}

/// What the thread does next.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    Job,
    WaitFor(Duration),
    Sleep,
}

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
        if queue.compiling == 0 {
            queue.since = Some(Instant::now());
        }
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
        queue.ended = Some(Instant::now());
        let is_work = queue.asleep && !queue.jobs.is_empty();
        drop(queue);
        if is_work {
            WORK.notify_one();
        }
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

    /// Brings a job that stores the entry of this name and holds so many bytes. It is told whether it is the
    /// last one for now.
    pub(super) fn submit(
        self: &Arc<Self>,
        name: String,
        bytes: usize,
        run: impl FnOnce(bool) + Send + 'static,
    ) {
        *self.waiting().jobs.entry(name.clone()).or_default() += 1;
        let brought = Instant::now();
        let job = Job { owner: Arc::clone(self), name, bytes, brought, run: Box::new(run) };
        let mut queue = queue();
        let is_full = queue.jobs.len() >= MOST_JOBS || queue.bytes.saturating_add(bytes) > MOST_BYTES;
        if is_full || !queue.is_served() {
            drop(queue);
            job.run();
            return;
        }
        queue.bytes += bytes;
        queue.brought += 1;
        queue.jobs.push_back(job);
        let is_needed = !queue.will_be_woken(brought);
        drop(queue);
        if is_needed {
            WORK.notify_one();
        }
    }

    /// Waits for the jobs of one entry.
    pub(super) fn settle(&self, name: &str) {
        self.settle_while(|waiting| waiting.jobs.contains_key(name));
    }

    /// Waits for all jobs.
    pub(super) fn settle_all(&self) {
        self.settle_while(|waiting| !waiting.jobs.is_empty());
    }

    fn settle_while(&self, is_due: impl Fn(&Waiting) -> bool) {
        if is_due(&self.waiting()) {
            let _hurry = Hurry::start();
            drop(self.done.wait_while(self.waiting(), |waiting| is_due(waiting)));
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.waiting().jobs.is_empty()
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let own = std::process::id();
        if waiting.process != own {
            *waiting = Waiting { process: own, jobs: BTreeMap::new() };
        }
        waiting
    }

    fn finish(&self, name: &str) {
        let mut waiting = self.waiting();
        if let Some(count) = waiting.jobs.get_mut(name) {
            *count -= 1;
            if *count == 0 {
                waiting.jobs.remove(name);
            }
        }
        drop(waiting);
        self.done.notify_all();
    }
}

impl Job {
    fn run(self) {
        let Job { owner, name, bytes: _, brought: _, run } = self;
        let is_last = owner.waiting().jobs.values().sum::<usize>() <= 1;
        // An entry that is not stored costs time; a thread that ends would cost all later ones.
        let _ = catch_unwind(AssertUnwindSafe(|| run(is_last)));
        owner.finish(&name);
    }
}

impl Queue {
    const fn new(process: u32) -> Self {
        Queue {
            process,
            jobs: VecDeque::new(),
            bytes: 0,
            brought: 0,
            done: 0,
            served: false,
            compiling: 0,
            since: None,
            ended: None,
            asleep: false,
            hurried: 0,
            nudged: false,
        }
    }

    /// Whether there is a thread; starts it if there is none.
    fn is_served(&mut self) -> bool {
        if !self.served {
            let thread = std::thread::Builder::new().name("ovenbird-cache".to_owned());
            self.served = thread.spawn(serve).is_ok();
        }
        self.served
    }

    /// Whether the thread need not be woken for a job, because it wakes by itself, or the end of a compilation will do
    /// that soon. A long one may outlast the job's patience, and the thread must be awake to measure that.
    fn will_be_woken(&self, now: Instant) -> bool {
        if !self.asleep && self.hurried == 0 && !self.nudged {
            return true;
        }
        let since = self.since.filter(|_| self.compiling > 0 && self.hurried == 0 && !self.nudged);
        since.is_some_and(|since| now.saturating_duration_since(since) < SHORT)
    }

    /// The turns of the caches that brought the jobs, each once.
    fn owners(&self) -> Vec<Arc<Turns>> {
        let mut owners: Vec<Arc<Turns>> = Vec::new();
        for turns in self.jobs.iter().filter_map(|job| job.owner.turns.as_ref()) {
            if !owners.iter().any(|known| Arc::ptr_eq(known, turns)) {
                owners.push(Arc::clone(turns));
            }
        }
        owners
    }

    fn next(&self, now: Instant) -> Next {
        let Some(first) = self.jobs.front() else { return Next::Sleep };
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

fn queue() -> MutexGuard<'static, Queue> {
    // Jobs run outside of the lock, so a panic cannot have left it half changed.
    let mut queue = QUEUE.lock().unwrap_or_else(PoisonError::into_inner);
    let own = std::process::id();
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
mod tests {
    use super::*;
    use std::sync::mpsc;

    /// A job that does not end before the sender is dropped.
    fn block(later: &Arc<Later>, name: &str) -> mpsc::Sender<()> {
        let (release, blocked) = mpsc::channel::<()>();
        let run = move |_| {
            let _ = blocked.recv();
        };
        later.submit(name.to_owned(), 0, run);
        release
    }

    #[test]
    fn who_needs_a_job_done_waits_for_it_and_nobody_else_does() {
        let (later, other) = (Arc::new(Later::default()), Arc::new(Later::default()));
        let release = block(&later, "a");
        later.settle("b");
        other.settle_all();
        assert!(!later.is_idle());
        let waiter = std::thread::spawn({
            let later = Arc::clone(&later);
            move || later.settle("a")
        });
        std::thread::sleep(std::time::Duration::from_millis(20));
        assert!(!waiter.is_finished());
        drop(release);
        waiter.join().expect("no panic");
        later.settle_all();
        assert!(later.is_idle());
    }

    #[test]
    fn jobs_are_done_in_their_order_and_the_last_one_knows() {
        let later = Arc::new(Later::default());
        let release = block(&later, "first");
        let (send, done) = mpsc::channel();
        for number in 0..5 {
            let send = send.clone();
            later
                .submit(number.to_string(), 0, move |is_last| send.send((number, is_last)).expect("listens"));
        }
        drop((release, send));
        let order: Vec<_> = done.iter().collect();
        assert_eq!(order, [(0, false), (1, false), (2, false), (3, false), (4, true)]);
    }

    #[test]
    fn a_job_that_panics_keeps_nobody_waiting() {
        let later = Arc::new(Later::default());
        later.submit("a".to_owned(), 0, |_| panic!("on purpose"));
        later.settle("a");
        let (send, done) = mpsc::channel();
        later.submit("a".to_owned(), 0, move |_| send.send(()).expect("listens"));
        assert_eq!(done.recv(), Ok(()), "the thread goes on");
    }

    #[test]
    fn what_is_too_much_to_wait_is_done_at_once() {
        let later = Arc::new(Later::default());
        let release = block(&later, "a");
        let here = std::thread::current().id();
        let (send, done) = mpsc::channel();
        let run = move |_| send.send(std::thread::current().id()).expect("listens");
        later.submit("b".to_owned(), MOST_BYTES + 1, run);
        assert_eq!(done.try_recv(), Ok(here));
        drop(release);
    }

    #[test]
    fn a_forked_process_does_not_wait_for_jobs_of_its_parent() {
        let later = Later::default();
        // As fork leaves it in the child.
        let jobs = BTreeMap::from([("a".to_owned(), 1)]);
        *later.waiting.lock().expect("no panic") = Waiting { process: std::process::id() + 1, jobs };
        later.settle("a");
        later.settle_all();
    }

    /// A queue with one job, brought so long before `now`.
    fn waiting_for(age: Duration, now: Instant) -> Queue {
        let owner = Arc::default();
        let brought = now.checked_sub(age).expect("the clock is older");
        let job = Job { owner, name: "a".to_owned(), bytes: 0, brought, run: Box::new(|_| {}) };
        Queue { jobs: VecDeque::from([job]), ..Queue::new(std::process::id()) }
    }

    #[test]
    fn stores_wait_for_compilations_but_not_for_ever_and_not_if_somebody_waits_for_them() {
        let now = Instant::now();
        let (fresh, ms) = (|| waiting_for(Duration::ZERO, now), Duration::from_millis);
        assert_eq!(Queue::new(1).next(now), Next::Sleep);
        assert_eq!(fresh().next(now), Next::Job);
        let compiling = || Queue { compiling: 1, since: Some(now), ..fresh() };
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
    fn a_short_compilation_wakes_nobody_and_a_long_one_does() {
        let now = Instant::now();
        let compiling = || Queue { compiling: 1, since: Some(now), asleep: true, ..Queue::new(1) };
        assert!(compiling().will_be_woken(now));
        assert!(!compiling().will_be_woken(now + SHORT), "it may outlast the job's patience");
        assert!(!Queue { hurried: 1, ..compiling() }.will_be_woken(now));
        assert!(!Queue { nudged: true, ..compiling() }.will_be_woken(now));
        assert!(!Queue { compiling: 0, ..compiling() }.will_be_woken(now));
        // Who looks by itself is woken only for those who wait.
        let awake = || Queue { asleep: false, ..compiling() };
        assert!(awake().will_be_woken(now + SHORT) && Queue { compiling: 0, ..awake() }.will_be_woken(now));
        assert!(!Queue { hurried: 1, ..awake() }.will_be_woken(now));
    }

    #[test]
    fn what_is_brought_while_compiling_is_done_when_that_ends_or_somebody_needs_it() {
        let later = Arc::new(Later::default());
        let bring = |name: &str| {
            let (send, done) = mpsc::channel();
            later.submit(name.to_owned(), 0, move |_| send.send(()).expect("listens"));
            done
        };
        let compiling = Compiling::start();
        let done = bring("a");
        later.settle("a");
        assert_eq!(done.try_recv(), Ok(()), "who needs it has it");
        let done = bring("b");
        nudge();
        assert_eq!(done.recv(), Ok(()), "who waits in another way");
        let done = bring("c");
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
}
