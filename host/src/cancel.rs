//! Cancelling a call from outside: one flag for a call that waits, runs in the guest, or is inside a host
//! function. Does not decide what a cancelled call returns; `run` does.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::watchdog::Stop;

/// Ends a call before its time. Cheap to clone; clones end the same call.
#[derive(Clone, Default)]
pub struct Cancel {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    asked: AtomicBool,
    /// How to stop the guest, while it runs.
    running: Mutex<Option<Stop>>,
}

impl Cancel {
    /// Nothing is cancelled yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks the call to end. A guest notices at the end of its slice of CPU units, a scan between two
    /// pages; a call that has not started does not start. Calls that ended are not changed.
    pub fn cancel(&self) {
        self.inner.asked.store(true, Ordering::SeqCst);
        if let Some(stop) = &*self.running() {
            stop.now();
        }
    }

    /// Whether it was asked to.
    pub fn is_cancelled(&self) -> bool {
        self.inner.asked.load(Ordering::SeqCst)
    }

    /// Says how to stop the guest that is about to run. If the call was cancelled before, stops it now:
    /// `cancel` and `arm` both set their side before they look at the other.
    pub(crate) fn arm(&self, stop: Stop) {
        let mut running = self.running();
        if self.is_cancelled() {
            stop.now();
        }
        *running = Some(stop);
    }

    fn running(&self) -> std::sync::MutexGuard<'_, Option<Stop>> {
        self.inner.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Cancel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cancel").field("cancelled", &self.is_cancelled()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watchdog::Watchdog;
    use std::sync::atomic::AtomicU32;
    use std::time::{Duration, Instant};

    #[test]
    fn a_stop_sets_the_flag_before_and_after_arming_and_never_after_the_watch() {
        let dog = Watchdog::new();
        let later = Instant::now() + Duration::from_secs(60);
        let watched = |before: bool, dropped: bool| {
            let flag = AtomicU32::new(0);
            let cancel = Cancel::new();
            if before {
                cancel.cancel();
            }
            #[expect(unsafe_code, reason = "watches a flag of this test")]
            // SAFETY: `flag` outlives the watch, which is dropped in this block.
            let watch = unsafe { dog.watch(later, flag.as_ptr(), None) };
            let stop = watch.stop();
            if dropped {
                drop(watch);
                cancel.arm(stop);
                cancel.cancel();
                return flag.into_inner();
            }
            cancel.arm(stop);
            cancel.cancel();
            drop(watch);
            flag.into_inner()
        };
        assert_eq!((watched(true, false), watched(false, false)), (1, 1));
        assert_eq!(watched(false, true), 0, "the memory of a call that ended is not touched");
    }
}
