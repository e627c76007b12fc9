//! Locks between processes: a name → the only holder, or somebody else, or no locks here.
//!
//! A lock is `flock` on a file in `locks/`. The kernel gives it back when its holder ends, however it ends,
//! so a lock is never stale. The files stay until a trim removes them, so a holder makes sure that the file it
//! has locked is still the one with the name. Nothing depends on a lock being there: where there are none, two
//! processes do the same work twice.
//!
//! Entries share 256 locks by the beginning of their keys: making a file for each would take longer than all
//! else that a miss costs. A process that has a lock has it for all entries that share it, and keeps count of
//! the turns that it gives to its threads; another process that wants one of these entries waits a little
//! longer than it had to.

use std::collections::{BTreeSet, HashMap};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::io::Errno;

use crate::cache::fs;
use crate::cache::slot::{Slot, is_hex};
use crate::cache::store::{Store, create};
use crate::cache::sweep::TRIM_LOCK;

/// A file may be removed between opening and locking it at most this often.
const ATTEMPTS: usize = 8;

/// What came of trying to take a lock or a turn.
pub(crate) enum Attempt<T> {
    /// It is ours until the value is dropped.
    Mine(T),
    /// Somebody else has it.
    Busy,
    /// There are no locks here: another file system, a read-only or a full one.
    Unsupported,
}

/// A lock that is held.
pub(crate) struct Lock {
    file: OwnedFd,
    holder: u32,
}

/// The locks that a store holds, with the turns that go by them.
pub(crate) type Turns = Mutex<HashMap<String, Shared>>;

/// A lock that is held, and the entries that are being made under it.
pub(crate) struct Shared {
    lock: Lock,
    entries: BTreeSet<String>,
}

/// The right to make one entry.
pub(crate) struct Turn {
    turns: Arc<Turns>,
    lock: String,
    entry: String,
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut turns = held(&self.turns);
        if let Some(shared) = turns.get_mut(&self.lock) {
            shared.entries.remove(&self.entry);
            if shared.entries.is_empty() {
                turns.remove(&self.lock);
            }
        }
    }
}

fn held(turns: &Turns) -> MutexGuard<'_, HashMap<String, Shared>> {
    turns.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether a file in `locks/` has the form of ours: a lock's, the trim's, or as they were called before.
pub(super) fn is_lock(name: &str) -> bool {
    name == TRIM_LOCK || (name.len() == 2 && is_hex(name)) || Slot::from_name(name).is_some()
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Given back in so many words: a child that was forked meanwhile has the file open too. And by
        // nobody but the holder: that child's copy of this value is not a second right to it.
        if self.holder == std::process::id() {
            fs::unlock(&self.file);
        }
    }
}

impl Store {
    /// Tries to take the turn to make an entry, without waiting.
    pub(crate) fn try_turn(&self, slot: &Slot) -> Attempt<Turn> {
        let (lock, entry) = (slot.lock_name(), slot.name());
        let mut turns = held(&self.turns);
        // In a process that was forked, what is held is the parent's.
        if let Some(shared) = turns.get_mut(&lock)
            && shared.lock.holder == std::process::id()
        {
            if !shared.entries.insert(entry.clone()) {
                return Attempt::Busy;
            }
        } else {
            match self.try_lock(&lock) {
                Attempt::Mine(taken) => {
                    let entries = BTreeSet::from([entry.clone()]);
                    turns.insert(lock.clone(), Shared { lock: taken, entries });
                }
                Attempt::Busy => return Attempt::Busy,
                Attempt::Unsupported => return Attempt::Unsupported,
            }
        }
        Attempt::Mine(Turn { turns: Arc::clone(&self.turns), lock, entry })
    }

    /// Tries to take the lock of this name, without waiting.
    pub(crate) fn try_lock(&self, name: &str) -> Attempt<Lock> {
        let path = format!("locks/{name}");
        for _ in 0..ATTEMPTS {
            match self.lock_file(&path) {
                Ok(Some(file)) => return Attempt::Mine(Lock { file, holder: std::process::id() }),
                // Removed under us: the name belongs to another file now.
                Ok(None) => {}
                Err(Errno::WOULDBLOCK) => return Attempt::Busy,
                Err(_) => return Attempt::Unsupported,
            }
        }
        Attempt::Unsupported
    }

    fn lock_file(&self, path: &str) -> Result<Option<OwnedFd>, Errno> {
        let dir = self.dir();
        let file = create(&dir, path, fs::CREATE, 0o600)?;
        hold(file)
    }
}

/// Locks an open file. `None` if it was removed meanwhile, and so is not what others lock: nothing but a removal takes
/// the name of such a file.
fn hold(file: OwnedFd) -> Result<Option<OwnedFd>, Errno> {
    fs::try_lock(&file)?;
    let is_there = fs::stat(&file)?.st_nlink > 0;
    Ok(is_there.then_some(file))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::store::tests::store;
    use std::process::{Command, Stdio};

    fn is_free(store: &Store) -> bool {
        matches!(store.try_lock("w-test"), Attempt::Mine(_))
    }

    fn taken(store: &Store) -> Lock {
        match store.try_lock("w-test") {
            Attempt::Mine(lock) => lock,
            Attempt::Busy | Attempt::Unsupported => panic!("the lock is free"),
        }
    }

    #[test]
    fn one_holder_at_a_time() {
        let (_folder, store) = store();
        let lock = taken(&store);
        assert!(matches!(store.try_lock("w-test"), Attempt::Busy));
        drop(lock);
        assert!(is_free(&store));
    }

    #[test]
    fn a_child_with_the_file_open_does_not_keep_the_lock() {
        let (_folder, store) = store();
        let lock = taken(&store);
        // As after fork: another process has the same open file.
        let file = lock.file.try_clone().expect("a copy");
        let mut child = Command::new("sleep").arg("30").stdin(Stdio::from(file)).spawn().expect("a child");
        drop(lock);
        assert!(is_free(&store));
        child.kill().and_then(|()| child.wait()).expect("ended");
    }

    #[test]
    fn a_forked_copy_does_not_give_the_lock_back() {
        let (_folder, store) = store();
        let lock = taken(&store);
        let copy = Lock { file: lock.file.try_clone().expect("a copy"), holder: lock.holder + 1 };
        drop(copy);
        assert!(matches!(store.try_lock("w-test"), Attempt::Busy));
    }

    #[test]
    fn a_file_that_was_removed_before_it_was_locked_is_no_lock() {
        let (_folder, store) = store();
        let (dir, path) = (store.dir(), "locks/w-test");
        let opened = || create(&dir, path, fs::CREATE, 0o600).expect("made");
        let (first, second) = (opened(), opened());
        fs::unlink(&dir, path).expect("removed");
        assert!(matches!(hold(first), Ok(None)));
        let third = opened();
        assert!(matches!(hold(second), Ok(None)), "the name belongs to another file now");
        assert!(matches!(hold(third), Ok(Some(_))));
    }

    #[test]
    fn a_lock_of_a_removed_file_is_not_taken() {
        let (_folder, store) = store();
        let lock = taken(&store);
        std::fs::remove_file(store.root().join("v1/locks/w-test")).expect("removed");
        let other = taken(&store);
        drop(lock);
        assert!(matches!(store.try_lock("w-test"), Attempt::Busy), "the file with the name is what counts");
        drop(other);
    }
}
