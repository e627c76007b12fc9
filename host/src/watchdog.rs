//! Deadlines: one thread per engine sets the interrupt flag of guests whose time is up, or that are
//! cancelled. The guest looks at the flag at the end of each slice of CPU units, so it dies within
//! microseconds.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::process;

/// How a running guest is stopped.
struct Flag {
    /// Address of its interrupt flag.
    guest: *const AtomicU32,
    /// The same for host functions, out of the guest's reach.
    host: Option<Arc<AtomicBool>>,
}

#[expect(unsafe_code, reason = "the flag is only used through atomics, under the registry's lock")]
// SAFETY: the pointer is only dereferenced by `Registry::fire`, whose caller holds the lock of the registry; an
// entry leaves the registry, under the same lock, before its memory can be freed (see `Watch`).
unsafe impl Send for Flag {}

#[derive(Default)]
struct Registry {
    /// By deadline and number.
    entries: BTreeMap<(Instant, u64), Flag>,
    next: u64,
    /// When the thread will look again; `None` while it sleeps until woken.
    wake: Option<Instant>,
    /// The process that the thread runs in: one that was forked from it has none.
    runs_in: Option<u32>,
    closed: bool,
}

impl Registry {
    /// Sets the flag of a registered guest and forgets it.
    fn fire(&mut self, key: (Instant, u64)) {
        if let Some(flag) = self.entries.remove(&key) {
            #[expect(unsafe_code, reason = "sets the flag of a registered guest")]
            // SAFETY: the entry was still registered, so its `Watch` is alive, and the caller of
            // `watch` promised that the flag outlives it; the registry's lock, which `self` proves, is
            // taken by the watch before it ends. All accesses from the host are atomic; the guest's
            // loads are wasm loads, which may race with a host store.
            unsafe {
                (*flag.guest).store(1, Ordering::Relaxed);
            }
            if let Some(host) = &flag.host {
                host.store(true, Ordering::Relaxed);
            }
        }
    }
}

#[derive(Default)]
struct Shared {
    registry: Mutex<Registry>,
    changed: Condvar,
}

/// The watchdog of an engine. Its thread starts with the first call that is watched.
pub(crate) struct Watchdog {
    shared: Arc<Shared>,
}

/// A watched call; dropping it ends the watch.
pub(crate) struct Watch {
    shared: Arc<Shared>,
    key: (Instant, u64),
}

/// Ends a watched call before its deadline; does nothing once the watch is dropped.
pub(crate) struct Stop {
    shared: Arc<Shared>,
    key: (Instant, u64),
}

impl Watch {
    /// A way to end the call now.
    pub(crate) fn stop(&self) -> Stop {
        Stop { shared: self.shared.clone(), key: self.key }
    }
}

impl Stop {
    /// Sets the guest's flag now.
    pub(crate) fn now(&self) {
        self.shared.registry.lock().unwrap_or_else(PoisonError::into_inner).fire(self.key);
    }
}

impl Watchdog {
    pub(crate) fn new() -> Self {
        Watchdog { shared: Arc::new(Shared::default()) }
    }

    /// Whether its thread has been started, in this process or in one that it was forked from.
    pub(crate) fn has_started(&self) -> bool {
        self.shared.registry.lock().unwrap_or_else(PoisonError::into_inner).runs_in.is_some()
    }

    /// Sets the flag at `flag`, and `host`, when `deadline` has passed, unless the watch is dropped before.
    ///
    /// # Safety
    /// `flag` must be aligned and stay valid for reads and writes until the returned watch is dropped.
    #[expect(unsafe_code, reason = "the caller promises that the flag outlives the watch")]
    pub(crate) unsafe fn watch(
        &self,
        deadline: Instant,
        flag: *mut u32,
        host: Option<Arc<AtomicBool>>,
    ) -> Watch {
        let mut registry = self.shared.registry.lock().unwrap_or_else(PoisonError::into_inner);
        registry.next += 1;
        let key = (deadline, registry.next);
        registry.entries.insert(key, Flag { guest: flag.cast_const().cast(), host });
        let late = registry.wake.is_none_or(|wake| deadline < wake);
        // Without a thread, what is asked is the system, once: the other way costs more the first time.
        if registry.runs_in.is_none_or(|known| known != process::id()) {
            registry.runs_in = Some(std::process::id());
            // The thread takes the lock at once.
            drop(registry);
            let shared = self.shared.clone();
            // Without a thread there is no deadline; the CPU budget still ends every guest.
            let _ =
                std::thread::Builder::new().name("ovenbird-watchdog".to_owned()).spawn(move || shared.run());
        } else if late {
            self.shared.changed.notify_one();
        }
        Watch { shared: self.shared.clone(), key }
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.shared.registry.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.shared.changed.notify_one();
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.shared.registry.lock().unwrap_or_else(PoisonError::into_inner).entries.remove(&self.key);
    }
}

impl Shared {
    fn run(&self) {
        /// How long the thread looks for new calls before it sleeps until woken. Waking it costs a
        /// system call, which a busy engine must not pay at each guest call.
        const IDLE: Duration = Duration::from_millis(200);
        let mut registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        while !registry.closed {
            let now = Instant::now();
            let due: Vec<(Instant, u64)> =
                registry.entries.range(..=(now, u64::MAX)).map(|(k, _)| *k).collect();
            for key in due {
                registry.fire(key);
            }
            let next = registry.entries.keys().next().map(|(at, _)| *at);
            let idle = now + IDLE;
            let wake = next.map_or(idle, |at| at.min(idle));
            if next.is_none() && registry.wake.is_some_and(|last| last <= now) {
                registry.wake = None;
                registry = self.changed.wait(registry).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            registry.wake = Some(wake);
            let wait = wake.saturating_duration_since(now);
            registry = self.changed.wait_timeout(registry, wait).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}
