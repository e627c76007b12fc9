//! Stores that nobody waits for: jobs → done in their order, by one thread of the process.
//!
//! Whoever compiled something has an answer already; making the files of the entry is left to this thread.
//! Nothing is lost by that: a cache waits for its jobs when it is dropped, when it is asked what it holds or
//! counted, and before it looks for an entry that is still to be stored. A process that is killed meanwhile
//! leaves what a process leaves that is killed while it stores by itself. Where no thread can be had, and when
//! too much waits, a job is done at once by whoever brings it.

use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Most jobs that wait, and most bytes that they hold.
const MOST_JOBS: usize = 256;
const MOST_BYTES: usize = 64 << 20;

/// The jobs of one cache that are not done yet.
#[derive(Default)]
pub(super) struct Later {
    waiting: Mutex<Waiting>,
    done: Condvar,
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
}

static QUEUE: Mutex<Queue> = Mutex::new(Queue::new(0));
static WORK: Condvar = Condvar::new();
static DONE: Condvar = Condvar::new();

/// Waits for what all caches of this process have brought so far: who opens a cache sees it all.
pub(super) fn settle_process() {
    let queue = queue();
    let brought = queue.brought;
    drop(DONE.wait_while(queue, |queue| queue.done < brought));
}

impl Later {
    /// Brings a job that stores the entry of this name and holds so many bytes. It is told whether it is the
    /// last one for now.
    pub(super) fn submit(
        self: &Arc<Self>,
        name: String,
        bytes: usize,
        run: impl FnOnce(bool) + Send + 'static,
    ) {
        *self.waiting().jobs.entry(name.clone()).or_default() += 1;
        let job = Job { owner: Arc::clone(self), name, bytes, run: Box::new(run) };
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
        drop(queue);
        WORK.notify_one();
    }

    /// Waits for the jobs of one entry.
    pub(super) fn settle(&self, name: &str) {
        let waiting = self.waiting();
        drop(self.done.wait_while(waiting, |waiting| waiting.jobs.contains_key(name)));
    }

    /// Waits for all jobs.
    pub(super) fn settle_all(&self) {
        let waiting = self.waiting();
        drop(self.done.wait_while(waiting, |waiting| !waiting.jobs.is_empty()));
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
        let Job { owner, name, bytes: _, run } = self;
        let is_last = owner.waiting().jobs.values().sum::<usize>() <= 1;
        // An entry that is not stored costs time; a thread that ends would cost all later ones.
        let _ = catch_unwind(AssertUnwindSafe(|| run(is_last)));
        owner.finish(&name);
    }
}

impl Queue {
    const fn new(process: u32) -> Self {
        Queue { process, jobs: VecDeque::new(), bytes: 0, brought: 0, done: 0, served: false }
    }

    /// Whether there is a thread; starts it if there is none.
    fn is_served(&mut self) -> bool {
        if !self.served {
            let thread = std::thread::Builder::new().name("ovenbird-cache".to_owned());
            self.served = thread.spawn(serve).is_ok();
        }
        self.served
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
            match queue.jobs.pop_front() {
                Some(job) => break job,
                None => queue = WORK.wait(queue).unwrap_or_else(PoisonError::into_inner),
            }
        };
        queue.bytes = queue.bytes.saturating_sub(job.bytes);
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
}
