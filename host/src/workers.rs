//! Threads for calls that their caller does not wait for, shared fairly between tenants.
//!
//! One queue a tenant, served in turn, so that a tenant with a thousand calls waits for itself and not
//! the others for it. A tenant also runs on at most half of the threads at once: long calls of one
//! leave room for short calls of another, and the operating system shares the cores between them.
//! What a job does is not known here.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

/// How calls that are spawned run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scheduling {
    /// Threads at most; they start when they are needed. Default: twice the cores, at least four.
    pub threads: usize,
    /// Calls of one tenant that run at once. Default: half of the threads.
    pub running_per_tenant: usize,
    /// Calls of one tenant that wait; more are refused. Default: 10,000.
    pub waiting_per_tenant: usize,
}

impl Default for Scheduling {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let threads = (2 * cores).max(4);
        Scheduling { threads, running_per_tenant: threads / 2, waiting_per_tenant: 10_000 }
    }
}

/// A piece of work; must not panic.
pub(crate) type Job = Box<dyn FnOnce() + Send>;

/// The threads of one engine.
pub(crate) struct Workers {
    shared: Arc<Shared>,
}

struct Shared {
    /// Chosen at the first job: asking for the number of cores reads several files.
    scheduling: OnceLock<Scheduling>,
    stack: usize,
    state: Mutex<State>,
    work: Condvar,
}

#[derive(Default)]
struct State {
    /// Waiting jobs by tenant; the tenant to be served next is first.
    queues: VecDeque<(Arc<str>, VecDeque<Job>)>,
    /// Running jobs by tenant.
    running: HashMap<Arc<str>, usize>,
    threads: usize,
    idle: usize,
    closed: bool,
}

/// A tenant has as many calls waiting as it may.
#[derive(Debug)]
pub(crate) struct Full {
    pub(crate) allowed: usize,
}

impl Workers {
    /// Threads with `stack` bytes each; without a scheduling, by the default one.
    pub(crate) fn new(scheduling: Option<Scheduling>, stack: usize) -> Self {
        let scheduling = scheduling.map_or_else(
            OnceLock::new,
            |Scheduling { threads, running_per_tenant, waiting_per_tenant }| {
                OnceLock::from(Scheduling {
                    threads: threads.max(1),
                    running_per_tenant: running_per_tenant.max(1),
                    waiting_per_tenant,
                })
            },
        );
        Workers {
            shared: Arc::new(Shared { scheduling, stack, state: Mutex::default(), work: Condvar::new() }),
        }
    }

    /// Runs a job on behalf of a tenant, as soon as it is its turn.
    pub(crate) fn run(&self, tenant: &Arc<str>, job: Job) -> Result<(), Full> {
        let mut state = self.shared.state();
        let allowed = self.shared.scheduling().waiting_per_tenant;
        match state.queues.iter_mut().find(|(name, _)| name == tenant) {
            Some((_, queue)) if queue.len() >= allowed => return Err(Full { allowed }),
            Some((_, queue)) => queue.push_back(job),
            None if allowed == 0 => return Err(Full { allowed }),
            None => state.queues.push_back((tenant.clone(), VecDeque::from([job]))),
        }
        if state.idle == 0 && state.threads < self.shared.scheduling().threads {
            let shared = self.shared.clone();
            let thread =
                std::thread::Builder::new().name("ovenbird-worker".to_owned()).stack_size(self.shared.stack);
            if thread.spawn(move || shared.serve()).is_ok() {
                state.threads += 1;
            } else if state.threads == 0 {
                // The system has no thread left: the caller's own must do.
                drop(state);
                while let Some((tenant, job)) = self.shared.state().take(self.shared.scheduling()) {
                    job();
                    self.shared.state().finish(&tenant);
                }
            }
        } else {
            self.shared.work.notify_one();
        }
        Ok(())
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.shared.state().closed = true;
        self.shared.work.notify_all();
    }
}

impl Shared {
    fn scheduling(&self) -> &Scheduling {
        self.scheduling.get_or_init(Scheduling::default)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Jobs run outside of the lock, so it cannot be poisoned half-way through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self) {
        let mut state = self.state();
        loop {
            if let Some((tenant, job)) = state.take(self.scheduling()) {
                drop(state);
                job();
                state = self.state();
                state.finish(&tenant);
                continue;
            }
            // What waits is at its share: whoever finishes a job looks again.
            if state.closed && state.queues.is_empty() {
                state.threads -= 1;
                // Others may have gone to sleep while something still waited.
                self.work.notify_all();
                return;
            }
            state.idle += 1;
            state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        }
    }
}

impl State {
    /// The next job whose tenant runs fewer than its share; that tenant goes to the end of the line.
    fn take(&mut self, scheduling: &Scheduling) -> Option<(Arc<str>, Job)> {
        let may_run = |(tenant, _): &(Arc<str>, VecDeque<Job>)| {
            self.running.get(tenant).is_none_or(|running| *running < scheduling.running_per_tenant)
        };
        let index = self.queues.iter().position(may_run)?;
        let (tenant, mut queue) = self.queues.remove(index)?;
        let job = queue.pop_front()?;
        if !queue.is_empty() {
            self.queues.push_back((tenant.clone(), queue));
        }
        *self.running.entry(tenant.clone()).or_default() += 1;
        Some((tenant, job))
    }

    fn finish(&mut self, tenant: &Arc<str>) {
        if let Some(running) = self.running.get_mut(tenant) {
            *running -= 1;
            if *running == 0 {
                self.running.remove(tenant);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    fn workers(threads: usize, running_per_tenant: usize, waiting_per_tenant: usize) -> Workers {
        Workers::new(Some(Scheduling { threads, running_per_tenant, waiting_per_tenant }), 1 << 20)
    }

    /// Occupies a worker until the sender is dropped.
    fn block(workers: &Workers, tenant: &Arc<str>) -> mpsc::Sender<()> {
        let (release, blocked) = mpsc::channel::<()>();
        let (started, wait) = mpsc::channel();
        let job = Box::new(move || {
            let _ = started.send(());
            let _ = blocked.recv();
        });
        workers.run(tenant, job).expect("room");
        wait.recv().expect("started");
        release
    }

    #[test]
    fn tenants_are_served_in_turn() {
        let workers = workers(1, 1, 100);
        let (a, b): (Arc<str>, Arc<str>) = ("a".into(), "b".into());
        let release = block(&workers, &"other".into());
        let (send, order) = mpsc::channel();
        for tenant in [&a, &a, &a, &a, &b, &b] {
            let (send, name) = (send.clone(), tenant.clone());
            workers.run(tenant, Box::new(move || send.send(name).expect("listens"))).expect("room");
        }
        drop((release, send));
        let order: Vec<Arc<str>> = order.iter().collect();
        assert_eq!(order, [&*a, &*b, &*a, &*b, &*a, &*a].map(Arc::from), "b does not wait for all of a");
    }

    #[test]
    fn a_tenant_with_long_jobs_leaves_room_for_others() {
        let workers = workers(4, 2, 100);
        let (a, b): (Arc<str>, Arc<str>) = ("a".into(), "b".into());
        let held = [block(&workers, &a), block(&workers, &a)];
        let (send, order) = mpsc::channel();
        let more = send.clone();
        workers.run(&a, Box::new(move || more.send("a").expect("listens"))).expect("room");
        workers.run(&b, Box::new(move || send.send("b").expect("listens"))).expect("room");
        assert_eq!(order.recv(), Ok("b"), "the third job of a is beyond its share");
        drop(held);
        assert_eq!(order.recv(), Ok("a"));
    }

    #[test]
    fn a_full_queue_refuses() {
        let workers = workers(1, 1, 2);
        let a: Arc<str> = "a".into();
        let release = block(&workers, &a);
        assert!(workers.run(&a, Box::new(|| ())).is_ok() && workers.run(&a, Box::new(|| ())).is_ok());
        assert_eq!(workers.run(&a, Box::new(|| ())).expect_err("full").allowed, 2);
        assert!(workers.run(&"b".into(), Box::new(|| ())).is_ok(), "another tenant has its own queue");
        drop(release);
    }

    #[test]
    fn what_waits_is_done_when_the_engine_is_dropped() {
        let workers = workers(2, 1, 100);
        let release = block(&workers, &"a".into());
        let (send, done) = mpsc::channel();
        for i in 0..10 {
            let send = send.clone();
            workers.run(&"a".into(), Box::new(move || send.send(i).expect("listens"))).expect("room");
        }
        drop((workers, release, send));
        assert_eq!(done.iter().count(), 10);
    }
}
