//! A call under way: to be cancelled, joined, or awaited. Who runs it is `workers`' matter.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::cancel::Cancel;
use crate::error::Error;
use crate::imports::Output;
use crate::limits::{LimitExceeded, LimitKind};
use crate::run::{Outcome, Tenant};
use crate::value::Value;
use crate::workers::Workers;

/// A call that was spawned. It is a future as well: `task.await` and `task.join()` give the same, and
/// neither blocks a thread of an async runtime. A task that is dropped is cancelled, since nobody can
/// take its result; [`Task::detach`] lets it run.
pub struct Task<T = Value> {
    slot: Arc<Slot>,
    cancel: Cancel,
    convert: fn(Value) -> Option<T>,
}

#[derive(Default)]
struct Slot {
    state: Mutex<State>,
    done: Condvar,
}

#[derive(Default)]
struct State {
    outcome: Option<Outcome>,
    waker: Option<Waker>,
    finished: bool,
}

impl Slot {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn finish(&self, outcome: Outcome) {
        let mut state = self.state();
        state.outcome = Some(outcome);
        state.finished = true;
        let waker = state.waker.take();
        drop(state);
        self.done.notify_all();
        // Outside of the lock: a waker may poll at once.
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<T> Task<T> {
    /// Hands `call` to the workers.
    pub(crate) fn spawn(
        workers: &Workers,
        tenant: &Tenant,
        convert: fn(Value) -> Option<T>,
        call: impl FnOnce(&Cancel) -> Outcome + Send + 'static,
    ) -> Task<T> {
        let (slot, cancel) = (Arc::new(Slot::default()), Cancel::new());
        let (filled, asked) = (slot.clone(), cancel.clone());
        let job = move || {
            let failed = |error| Outcome::failed(error, Output::Discard);
            let outcome = if asked.is_cancelled() {
                failed(Error::Cancelled { traceback: Vec::new() })
            } else {
                catch_unwind(AssertUnwindSafe(|| call(&asked)))
                    .unwrap_or_else(|_| failed(Error::Internal("a call panicked".to_owned())))
            };
            filled.finish(outcome);
        };
        if let Err(full) = workers.run(tenant.id(), Box::new(job)) {
            let allowed = full.allowed as u64;
            let limit = LimitExceeded { which: LimitKind::WaitingCalls, used: allowed + 1, allowed };
            slot.finish(Outcome::failed(Error::Limit { limit, traceback: Vec::new() }, Output::Discard));
        }
        Task { slot, cancel, convert }
    }

    /// Asks the call to end; it then gives [`Error::Cancelled`], unless it ended before.
    pub fn cancel(&self) {
        self.cancel.cancel();
    }

    /// A handle that cancels the call, for another thread.
    pub fn canceller(&self) -> Cancel {
        self.cancel.clone()
    }

    /// Whether its outcome is there.
    pub fn is_finished(&self) -> bool {
        self.slot.state().finished
    }

    /// Blocks this thread until the call ended.
    pub fn join(self) -> Outcome<T> {
        let mut state = self.slot.state();
        let outcome = loop {
            if let Some(outcome) = state.outcome.take() {
                break outcome;
            }
            state = self.slot.done.wait(state).unwrap_or_else(PoisonError::into_inner);
        };
        drop(state);
        outcome.map(self.convert)
    }

    /// Lets the call run to its end without anybody taking its result.
    pub fn detach(self) {
        self.slot.state().finished = true;
    }
}

impl<T> Future for Task<T> {
    type Output = Outcome<T>;

    /// # Panics
    /// If it is polled after it gave its outcome.
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Outcome<T>> {
        let mut state = self.slot.state();
        if let Some(outcome) = state.outcome.take() {
            return Poll::Ready(outcome.map(self.convert));
        }
        assert!(!state.finished, "a task was polled after it was finished");
        state.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        if !self.slot.state().finished {
            self.cancel.cancel();
        }
    }
}

impl<T> std::fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Task").field("finished", &self.is_finished()).field("cancel", &self.cancel).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    /// Without `catch_unwind` in `spawn`: who waits for the call waits for ever.
    #[test]
    fn a_call_that_panics_is_one_failed_call() {
        let workers = Workers::new(None, 1 << 20);
        let task = Task::spawn(&workers, &Tenant::default(), Some, |_| panic!("on purpose"));
        let (send, ended) = mpsc::channel();
        std::thread::spawn(move || send.send(task.join().result));
        let result = ended.recv_timeout(Duration::from_secs(60)).expect("it ends");
        assert!(matches!(result, Err(Error::Internal(_))), "{result:?}");
    }
}
