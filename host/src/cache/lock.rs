//! Locks between processes: a name → the only holder, or somebody else, or no locks here.
//!
//! A lock is `flock` on a file in `locks/`. The kernel gives it back when its holder ends, however it ends,
//! so a lock is never stale; what is written in the file is for people. The files stay until a trim removes
//! them, so a holder makes sure that the file it has locked is still the one with the name. Nothing depends
//! on a lock being there: where there are none, two processes do the same work twice.

use std::os::fd::OwnedFd;

use rustix::io::Errno;

use crate::cache::fs;
use crate::cache::store::{Store, create};

/// A file may be removed between opening and locking it at most this often.
const ATTEMPTS: usize = 8;

/// What came of trying to take a lock.
pub(crate) enum Attempt {
    /// It is ours until the value is dropped.
    Mine(Lock),
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
    /// Tries to take the lock of this name, without waiting.
    pub(crate) fn try_lock(&self, name: &str) -> Attempt {
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
        hold(&dir, path, file)
    }
}

/// Locks an open file. `None` if the file does not have its name any more, and so is not what others lock.
fn hold(dir: &OwnedFd, path: &str, file: OwnedFd) -> Result<Option<OwnedFd>, Errno> {
    fs::try_lock(&file)?;
    let locked = fs::stat(&file)?;
    let named = fs::stat_at(dir, path);
    if !named.is_ok_and(|named| (named.st_dev, named.st_ino) == (locked.st_dev, locked.st_ino)) {
        return Ok(None);
    }
    // Renews the file's time, too, so that a trim leaves it alone.
    let text = format!("process {}\n", std::process::id());
    let _ = fs::set_len(&file, 0).and_then(|()| fs::write(&file, text.as_bytes()));
    Ok(Some(file))
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
        assert!(matches!(hold(&dir, path, first), Ok(None)));
        let third = opened();
        assert!(matches!(hold(&dir, path, second), Ok(None)), "the name belongs to another file now");
        assert!(matches!(hold(&dir, path, third), Ok(Some(_))));
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
