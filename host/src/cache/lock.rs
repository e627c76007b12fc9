//! Locks between processes: an entry → the only one who makes it, or somebody else, or no locks here.
//!
//! The right to make an entry is the lock of one byte of the file `locks/turns`, at a place that its key says: so all
//! entries share one file, and none waits for another. (A file for each, or for many,
//! is made more slowly than all else that a miss costs.) The file stays empty: bytes that are not there can be locked.
//! A trim is another such right, under `flock` on a file of its own.
//!
//! Who waits for an entry locks another byte meanwhile, far behind: so the holder can ask whether anybody waits, and store
//! what it has made.
//!
//! The kernel gives a lock back when its holder ends, however it ends, so a lock is never stale. The files stay until a
//! trim removes them, so a holder makes sure that the file it has locked was not. Nothing depends on a lock being
//! there: where there are none, two processes do the same work twice.
//!
//! The holder of such bytes is the opened file, which is one for all threads of a process and for children that are
//! forked. So a store keeps count of the turns that it gives, and a child opens the file anew.

use std::collections::BTreeSet;
use std::ops::Range;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::io::Errno;

use crate::cache::fs;
use crate::cache::slot::{Slot, is_hex};
use crate::cache::store::Store;
use crate::cache::sweep::TRIM_LOCK;
use crate::cache::writing::create;
use crate::process;

/// A file may be removed between opening and locking it at most this often.
const ATTEMPTS: usize = 8;
/// The file in `locks/` whose bytes are the turns.
pub(super) const TURNS: &str = "turns";
/// All of its bytes that are turns.
const ALL: Range<u64> = 0..1 << 62;
/// The bytes whose locks say that somebody waits: for the turn so many bytes before.
const WAITERS: Range<u64> = 1 << 62..(1 << 62) + (1 << 61);

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

/// The turns that a store has given.
pub(crate) type Turns = Mutex<Given>;

/// The opened file of turns, and the entries that are being made.
#[derive(Default)]
pub(crate) struct Given {
    /// The process that opened it.
    process: u32,
    file: Option<Arc<OwnedFd>>,
    entries: BTreeSet<Slot>,
}

/// Somebody who waits for an entry that another process makes. The lock ends when the file is closed.
pub(super) struct Waiter {
    _file: OwnedFd,
}

/// Whether another process waits for any of the entries that this one makes or may make.
pub(super) fn is_waited_for(turns: &Turns) -> bool {
    let given = turns.lock().unwrap_or_else(PoisonError::into_inner);
    given.file.as_ref().is_some_and(|file| fs::is_locked(file, &WAITERS))
}

/// The right to make one entry.
pub(crate) struct Turn {
    turns: Arc<Turns>,
    file: Arc<OwnedFd>,
    holder: u32,
    byte: u64,
    entry: Slot,
}

impl Drop for Turn {
    fn drop(&mut self) {
        // In a child that was forked meanwhile, this copy is not a second right to it, but its file is the same.
        if self.holder == process::id() {
            let mut given = held(&self.turns);
            fs::unlock_bytes(&self.file, self.byte..self.byte + 1);
            given.entries.remove(&self.entry);
            if given.entries.is_empty() {
                // A child that is forked now has nothing that would keep our next lock when we are killed.
                given.file = None;
            }
        }
    }
}

fn held(turns: &Turns) -> MutexGuard<'_, Given> {
    let mut given = turns.lock().unwrap_or_else(PoisonError::into_inner);
    let own = process::id();
    if given.process != own {
        *given = Given { process: own, ..Given::default() };
    }
    given
}

/// Whether a file in `locks/` has the form of ours: the two, or as older builds call theirs.
pub(super) fn is_lock(name: &str) -> bool {
    name == TRIM_LOCK || name == TURNS || (name.len() == 2 && is_hex(name)) || Slot::from_name(name).is_some()
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Given back in so many words: a child that was forked meanwhile has the file open too. And by
        // nobody but the holder: that child's copy of this value is not a second right to it.
        if self.holder == process::id() {
            fs::unlock(&self.file);
        }
    }
}

impl Store {
    /// Tries to take the turn to make an entry, without waiting.
    pub(crate) fn try_turn(&self, slot: &Slot) -> Attempt<Turn> {
        let byte = slot.turn();
        let mut given = held(&self.turns);
        if given.entries.contains(slot) {
            return Attempt::Busy;
        }
        for _ in 0..ATTEMPTS {
            let file = match &given.file {
                Some(file) => Arc::clone(file),
                None => match self.open_turns() {
                    Ok(file) => Arc::clone(given.file.insert(Arc::new(file))),
                    Err(_) => return Attempt::Unsupported,
                },
            };
            let lock = || fs::try_lock_bytes(&file, byte..byte + 1);
            // While it holds other turns, no trim removes it, so that is not looked at again.
            let held = if given.entries.is_empty() { hold(&file, lock) } else { lock().map(|()| true) };
            match held {
                Ok(true) => {
                    given.entries.insert(slot.clone());
                    let (turns, holder) = (Arc::clone(&self.turns), given.process);
                    return Attempt::Mine(Turn { turns, file, holder, byte, entry: slot.clone() });
                }
                // What is being made under the file that is gone may be made twice.
                Ok(false) => given.file = None,
                Err(Errno::WOULDBLOCK) => return Attempt::Busy,
                Err(_) => return Attempt::Unsupported,
            }
        }
        Attempt::Unsupported
    }

    /// Says that somebody waits for an entry, until it is dropped.
    pub(super) fn wait_for(&self, slot: &Slot) -> Option<Waiter> {
        let file = self.open_turns().ok()?;
        let byte = WAITERS.start + slot.turn();
        // If somebody else waits for the same, that says it as well.
        let _ = fs::try_lock_bytes(&file, byte..byte + 1);
        Some(Waiter { _file: file })
    }

    fn open_turns(&self) -> Result<OwnedFd, Errno> {
        create(&self.dir(), &format!("locks/{TURNS}"), fs::CREATE, 0o600)
    }

    /// Removes the file of turns if nobody has one. Whoever has opened it notices that it is gone.
    pub(super) fn remove_turns(&self) {
        let Ok(file) = self.open_turns() else { return };
        if hold(&file, || fs::try_lock_bytes(&file, ALL)) == Ok(true) {
            let _ = fs::unlink(&self.dir(), &format!("locks/{TURNS}"));
        }
    }

    /// Tries to take the lock of this name, without waiting.
    pub(crate) fn try_lock(&self, name: &str) -> Attempt<Lock> {
        let path = format!("locks/{name}");
        for _ in 0..ATTEMPTS {
            match self.lock_file(&path) {
                Ok(Some(file)) => return Attempt::Mine(Lock { file, holder: process::id() }),
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
        let is_it = hold(&file, || fs::try_lock(&file))?;
        Ok(is_it.then_some(file))
    }
}

/// Locks an open file. Gives whether it still has its name, and so is what others lock: nothing but a removal takes the
/// name of such a file.
fn hold(file: &OwnedFd, lock: impl FnOnce() -> Result<(), Errno>) -> Result<bool, Errno> {
    lock()?;
    Ok(fs::stat(file)?.st_nlink > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::store::tests::{slot, store};
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
        let lock = |file: &OwnedFd| hold(file, || fs::try_lock(file));
        fs::unlink(&dir, path).expect("removed");
        assert_eq!(lock(&first), Ok(false));
        drop(first);
        let third = opened();
        assert_eq!(lock(&second), Ok(false), "the name belongs to another file now");
        assert_eq!(lock(&third), Ok(true));
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

    fn turn(store: &Store, number: u8) -> Option<Turn> {
        match store.try_turn(&slot(number)) {
            Attempt::Mine(turn) => Some(turn),
            Attempt::Busy => None,
            Attempt::Unsupported => panic!("there are locks"),
        }
    }

    #[test]
    fn each_entry_has_one_maker_and_none_waits_for_another() {
        let (_folder, one) = store();
        let two = Store::open(one.root(), true).expect("as another process has it");
        let first = turn(&one, 1).expect("free");
        assert!(turn(&one, 1).is_none(), "another thread's");
        assert!(turn(&two, 1).is_none(), "another process's");
        let second = turn(&two, 2).expect("another entry");
        assert!(turn(&one, 2).is_none());
        drop(first);
        assert!(turn(&two, 1).is_some());
        drop(second);
        assert!(turn(&one, 2).is_some());
        assert!(one.turns.lock().expect("no panic").file.is_none(), "nothing for children to keep");
    }

    #[test]
    fn who_waits_is_seen_by_the_holder_as_long_as_it_waits() {
        let (_folder, one) = store();
        let two = Store::open(one.root(), true).expect("as another process has it");
        assert!(!is_waited_for(&one.turns), "it makes nothing");
        let held = turn(&one, 1).expect("free");
        assert!(!is_waited_for(&one.turns));
        let waiters = [two.wait_for(&slot(1)), two.wait_for(&slot(1))];
        assert!(is_waited_for(&one.turns) && turn(&two, 1).is_none());
        two.remove_turns();
        assert!(one.root().join("v1/locks/turns").exists(), "a waiter is no holder, and takes no turn");
        drop(waiters);
        assert!(!is_waited_for(&one.turns));
        drop(held);
    }

    #[test]
    fn a_forked_copy_does_not_give_the_turn_back() {
        let (_folder, one) = store();
        let two = Store::open(one.root(), true).expect("as another process has it");
        let held = turn(&one, 1).expect("free");
        let (turns, file, entry) = (Arc::clone(&held.turns), Arc::clone(&held.file), held.entry.clone());
        drop(Turn { turns, file, holder: held.holder + 1, byte: held.byte, entry });
        assert!(turn(&two, 1).is_none() && turn(&one, 1).is_none());
        // As fork leaves it in a child: the opened file is the parent's, which has the turn.
        one.turns.lock().expect("no panic").process += 1;
        assert!(turn(&one, 1).is_none(), "the child opens it anew");
    }

    #[test]
    fn the_file_of_turns_goes_only_if_nobody_has_one_and_then_everybody_notices() {
        let (_folder, one) = store();
        let two = Store::open(one.root(), true).expect("as another process has it");
        let path = one.root().join("v1/locks/turns");
        let held = turn(&one, 1).expect("free");
        two.remove_turns();
        assert!(path.exists(), "somebody makes an entry");
        drop(held);
        two.remove_turns();
        assert!(!path.exists());
        let held = turn(&one, 1).expect("by a new file");
        assert!(path.exists() && turn(&two, 1).is_none());
        drop(held);
    }
}
