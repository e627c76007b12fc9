//! Single flight between threads: of those that want the same code, one makes it and the others wait.
//!
//! Only who is at work is known here, not what comes of it: whoever waited looks again. Between processes,
//! the cache's locks do the same (`cache/claim.rs`).

use std::collections::HashMap;
use std::sync::{Condvar, Mutex, PoisonError};

use crate::process;

type Key = [u8; 32];

/// What the threads of a process are making.
#[derive(Default)]
pub(crate) struct Flights {
    /// By key, the process in which the maker is a thread. A process that was forked in the middle of it
    /// has the entry, but not the thread.
    busy: Mutex<HashMap<Key, u32>>,
    done: Condvar,
}

/// The right to make one thing; given back when dropped.
pub(crate) struct Flight<'a> {
    flights: &'a Flights,
    key: Key,
}

impl Flights {
    /// Waits until no other thread makes what `key` names. The maker always ends: it has no lock that a
    /// waiting thread could hold, and waits for other processes only for so long.
    pub(crate) fn enter(&self, key: Key) -> Flight<'_> {
        let own = process::id();
        let busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        let is_busy = |busy: &mut HashMap<Key, u32>| busy.get(&key) == Some(&own);
        let mut busy = self.done.wait_while(busy, is_busy).unwrap_or_else(PoisonError::into_inner);
        busy.insert(key, own);
        Flight { flights: self, key }
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.flights.busy.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
        self.flights.done.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn one_at_a_time_for_one_key() {
        let flights = Flights::default();
        let (inside, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let _flight = flights.enter([1; 32]);
                    most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    std::thread::sleep(std::time::Duration::from_millis(2));
                    inside.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        assert_eq!(most.into_inner(), 1);
        assert!(flights.busy.into_inner().expect("no panic").is_empty());
    }

    #[test]
    fn different_keys_do_not_wait_for_each_other() {
        let flights = Flights::default();
        let _one = flights.enter([1; 32]);
        let _two = flights.enter([2; 32]);
    }

    #[test]
    fn a_thread_that_panics_lets_the_next_one_in() {
        let flights = Flights::default();
        std::thread::scope(|scope| {
            let thread = scope.spawn(|| {
                let _flight = flights.enter([1; 32]);
                panic!("on purpose");
            });
            assert!(thread.join().is_err());
        });
        let _flight = flights.enter([1; 32]);
    }

    #[test]
    fn a_forked_process_does_not_wait_for_threads_that_it_does_not_have() {
        let flights = Flights::default();
        // As fork leaves it in the child: busy, by a thread of the parent.
        flights.busy.lock().expect("no panic").insert([1; 32], std::process::id() + 1);
        let _flight = flights.enter([1; 32]);
    }
}
