//! Which process works for whom. A process has one owner for its whole life, so that what one tenant left in it
//! cannot meet another; processes of the same owner are used again, the others go when room is needed.

use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::process::Process;
use super::wire::Setup;
use crate::cache::key::Digest;
use crate::worker::{WorkerFailure, WorkerOptions};

/// How deep calls may be nested through functions of the embedder, on one thread.
const NESTED: u32 = 16;

thread_local! {
    /// Functions of the embedder that this thread is inside of, on behalf of workers.
    static INSIDE: Cell<u32> = const { Cell::new(0) };
}

/// Runs a function of the embedder on behalf of a worker, which is busy until it ends. If it calls Ovenbird itself, that
/// call does not wait for a process that is free: it could be waiting for itself.
pub(super) fn inside<R>(run: impl FnOnce() -> R) -> R {
    /// Counts down also if the function panics in an unforeseen place.
    struct Leave(u32);
    impl Drop for Leave {
        fn drop(&mut self) {
            INSIDE.set(self.0);
        }
    }
    let depth = INSIDE.get();
    let _leave = Leave(depth);
    INSIDE.set(depth + 1);
    run()
}

/// For whom a process works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// Compiles this program, in this scope.
    Program(u64, Digest),
    /// Runs for this tenant, in this scope.
    Tenant(u64, Arc<str>),
}

/// The processes of an engine.
pub(super) struct Pool {
    pub(super) options: WorkerOptions,
    setup: Setup,
    build: [u8; 32],
    arguments: Vec<&'static str>,
    state: Mutex<State>,
    freed: Condvar,
}

#[derive(Default)]
struct State {
    /// The least recently used first.
    idle: VecDeque<(Owner, Process)>,
    /// A process that nobody has used.
    spare: Option<Process>,
    /// Whether a spare one is being started.
    starting: bool,
    /// Processes at work.
    busy: usize,
}

impl State {
    fn all(&self) -> usize {
        self.idle.len() + self.busy + usize::from(self.spare.is_some()) + usize::from(self.starting)
    }
}

/// A process in use. Given back when it did well; else it ends.
pub(super) struct Lease<'a> {
    pool: &'a Pool,
    owner: Owner,
    process: Option<Process>,
}

impl Pool {
    /// A pool, with one process to see whether there can be any.
    pub(super) fn new(
        options: WorkerOptions,
        setup: Setup,
        build: [u8; 32],
        arguments: Vec<&'static str>,
    ) -> Result<Pool, WorkerFailure> {
        let spare = Process::start(&options, &setup, &build, &arguments)?;
        let state = Mutex::new(State { spare: Some(spare), ..State::default() });
        Ok(Pool { options, setup, build, arguments, state, freed: Condvar::new() })
    }

    /// A pool of one process that there is, and no way to start another.
    #[cfg(test)]
    pub(super) fn of(options: WorkerOptions, setup: Setup, process: Process) -> Pool {
        let state = Mutex::new(State { spare: Some(process), ..State::default() });
        Pool { options, setup, build: [0; 32], arguments: Vec::new(), state, freed: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change is one step, so a panic elsewhere cannot have left a half one.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A process for this owner; waits while all are at work. Whoever already has one, further up on this thread, is
    /// given one more in place of waiting.
    pub(super) fn take(self: &Arc<Self>, owner: Owner) -> Result<Lease<'_>, WorkerFailure> {
        let depth = INSIDE.get();
        if depth > NESTED {
            return Err(WorkerFailure::Unsupported(
                "nest calls more than 16 deep through functions of the embedder",
            ));
        }
        let most = if depth == 0 { self.options.processes.max(1) } else { usize::MAX };
        let mut state = self.state();
        loop {
            if let Some(at) = state.idle.iter().rposition(|(whose, _)| *whose == owner)
                && let Some((_, mut process)) = state.idle.remove(at)
            {
                // It may have been killed meanwhile.
                if !process.is_alive() {
                    continue;
                }
                state.busy += 1;
                return Ok(Lease { pool: self, owner, process: Some(process) });
            }
            if let Some(process) = state.spare.take() {
                state.busy += 1;
                drop(state);
                let mut lease = Lease { pool: self, owner: owner.clone(), process: Some(process) };
                if lease.process().is_alive() {
                    self.start_spare();
                    return Ok(lease);
                }
                drop(lease);
                state = self.state();
                continue;
            }
            if state.all() < most {
                state.busy += 1;
                drop(state);
                let mut lease = Lease { pool: self, owner, process: None };
                lease.process = Some(self.start()?);
                return Ok(lease);
            }
            // The one that was not used for longest makes room.
            if let Some(gone) = state.idle.pop_front() {
                drop(state);
                drop(gone);
                state = self.state();
                continue;
            }
            state = self.freed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn start(&self) -> Result<Process, WorkerFailure> {
        Process::start(&self.options, &self.setup, &self.build, &self.arguments)
    }

    /// Starts the next spare process while the caller works with the last one, if there is room.
    fn start_spare(self: &Arc<Self>) {
        let mut state = self.state();
        if state.starting || state.spare.is_some() || state.all() >= self.options.processes {
            return;
        }
        state.starting = true;
        drop(state);
        let pool = Arc::downgrade(self);
        let (options, setup, build) = (self.options.clone(), self.setup.clone(), self.build);
        let arguments = self.arguments.clone();
        let start = move || {
            let process = Process::start(&options, &setup, &build, &arguments).ok();
            if let Some(pool) = pool.upgrade() {
                let mut state = pool.state();
                (state.spare, state.starting) = (process, false);
                drop(state);
                pool.freed.notify_all();
            }
        };
        let thread = std::thread::Builder::new().name("ovenbird-spare".to_owned());
        if thread.spawn(start).is_err() {
            self.state().starting = false;
        }
    }

    /// The number in the system of the spare one.
    #[cfg(test)]
    pub(super) fn spare_id(&self) -> Option<u32> {
        self.state().spare.as_ref().and_then(Process::id)
    }

    /// Processes: idle ones, spare ones, busy ones.
    #[cfg(test)]
    pub(super) fn counts(&self) -> (usize, usize, usize) {
        let state = self.state();
        (state.idle.len(), usize::from(state.spare.is_some()), state.busy)
    }
}

impl Lease<'_> {
    /// The process.
    pub(super) fn process(&mut self) -> &mut Process {
        self.process.as_mut().expect("a lease has its process until it is given back")
    }

    /// Gives it back for the next call of the same owner, unless it has done enough.
    pub(super) fn give_back(mut self) {
        let Some(process) = self.process.take() else { return };
        let options = &self.pool.options;
        let used_up = process.calls >= options.calls || process.age() * 2 > options.cpu_time;
        // A nested call had one more than there should be.
        let too_many = self.pool.state().all() > options.processes.max(1);
        if used_up || too_many {
            drop(process);
            return;
        }
        self.pool.state().idle.push_back((self.owner.clone(), process));
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        // First it ends, then there is room.
        drop(self.process.take());
        self.pool.state().busy -= 1;
        self.pool.freed.notify_all();
    }
}
