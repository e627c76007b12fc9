//! The files of the cache: slot ↔ bytes on disk. Knows nothing of what the bytes mean.
//!
//! ```text
//! <root>/v1/w/<2 hex>/<key>.artifact              level 1
//! <root>/v1/p/<2 hex>/<key>.probe                 the direct path
//! <root>/v1/<engine id>/n/<2 hex>/<key>.cwasm     level 2
//! <root>/v1/d/<2 hex>/<key>.diag                  diagnostics of programs that do not compile
//! <root>/v1/l/<label digest>/<slot name>          empty files: which entries a function has had
//! <root>/v1/locks/turns                           empty: of its bytes, those are locked whose entries are being made
//! <root>/v1/quarantine/<slot name>                entries that were found damaged
//! <root>/v1/tmp/<pid>-<random>                    entries that are being written
//! <root>/v1/trimmed                               empty: its time is that of the last trim
//! <root>/v1/written                               its length is what was written, in blocks of 4 KiB
//! <root>/v1/s/<scope id>/…                        the same again for each scope
//! ```
//!
//! One entry is one file, complete from the moment that it has its name, and never opened for writing
//! again: written under a temporary name with mode 0400, then renamed (`writing`). The `l` folders are `marks`. `folder`
//! says how files are opened and which are trusted: here, this user's own.

use std::collections::BTreeMap;
use std::fmt;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
use rustix::io::Errno;

use crate::cache::entry::{Kind, MAX_ENTRY};
pub(crate) use crate::cache::folder::ReadError;
use crate::cache::folder::{self, Owners, Unusable, VERSION};
use crate::cache::fs;
use crate::cache::lock::Turns;
use crate::cache::marks;
pub(crate) use crate::cache::slot::Slot;
use crate::cache::writing::{create, rename, renew_time, write_temporary};

/// After a full disk or a read-only folder, no store is tried for this long; twice as long each time that
/// it happens again.
const WRITE_PAUSE: Duration = Duration::from_secs(60);
/// Longest pause.
const MAX_WRITE_PAUSE: Duration = Duration::from_secs(3600);
/// A folder that is not there is looked for again when somebody asks after so long.
/// Tests say what time it is, and on a busy machine a second is soon over.
pub(super) const BELIEVED: Duration = Duration::from_secs(if cfg!(test) { 600 } else { 1 });
/// Counts what was written, by its length.
pub(super) const WRITTEN: &str = "written";
/// Bytes that one byte of `written` stands for.
pub(super) const BLOCK: u64 = 4096;

/// Why an entry was not stored: what the system said, or a phrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WriteError {
    pub(crate) errno: Option<Errno>,
    why: String,
}

impl WriteError {
    /// For a reason that is not the system's.
    pub(crate) fn because(why: impl Into<String>) -> Self {
        WriteError { errno: None, why: why.into() }
    }
}

impl From<Errno> for WriteError {
    fn from(errno: Errno) -> Self {
        WriteError { errno: Some(errno), why: errno.to_string() }
    }
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

/// The open cache folder, or a scope in it.
pub(crate) struct Store {
    root: PathBuf,
    /// Folder of the scope below the version folder.
    scope: Option<String>,
    /// Handle of the version folder or of the scope's; replaced if it was deleted under us.
    dir: Mutex<Arc<OwnedFd>>,
    /// Why there is no folder, if there is none.
    nowhere: Option<String>,
    pause: Mutex<Pause>,
    /// Folders that were looked for: when one was not there; `None` if it is.
    folders: Mutex<BTreeMap<String, Option<Instant>>>,
    /// The locks that are held.
    pub(super) turns: Arc<Turns>,
}

/// Whether stores are tried at the moment.
#[derive(Default)]
struct Pause {
    until: Option<Instant>,
    length: Duration,
}

impl Store {
    /// Opens `root`, and makes it if `create`.
    pub(crate) fn open(root: &Path, create: bool) -> Result<Self, Unusable> {
        Self::open_in(root, None, create)
    }

    /// Opens the part of the same folder that belongs to a scope, by its identifier.
    pub(crate) fn scope(&self, id: &str, create: bool) -> Result<Self, Unusable> {
        match &self.nowhere {
            Some(why) => Err(Unusable::because(why)),
            None => Self::open_in(&self.root, Some(format!("s/{id}")), create),
        }
    }

    /// A store without a folder: nothing is found in it, and nothing can be stored.
    pub(crate) fn nowhere(why: impl Into<String>) -> Result<Self, Unusable> {
        let no_folder = fs::no_folder().map_err(|error| Unusable::because(error.to_string()))?;
        Ok(Store { nowhere: Some(why.into()), ..Self::with(Path::new(""), None, no_folder) })
    }

    fn open_in(root: &Path, scope: Option<String>, create: bool) -> Result<Self, Unusable> {
        let dir = open_folder(root, scope.as_deref(), create)?;
        Ok(Self::with(root, scope, dir))
    }

    fn with(root: &Path, scope: Option<String>, dir: OwnedFd) -> Self {
        Store {
            root: root.to_owned(),
            scope,
            dir: Mutex::new(Arc::new(dir)),
            nowhere: None,
            pause: Mutex::default(),
            folders: Mutex::default(),
            turns: Arc::default(),
        }
    }

    /// Why there is no folder, if there is none.
    pub(crate) fn is_nowhere(&self) -> Option<&str> {
        self.nowhere.as_deref()
    }

    /// The folder that the user named.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The file of an entry, to be shown to people.
    pub(crate) fn shown_path(&self, slot: &Slot) -> PathBuf {
        folder::shown_path(&self.root, self.scope.as_deref(), slot)
    }

    /// Reads a whole entry; nothing about its contents is known to be true. Unless `touch` is false, its
    /// time of use is renewed.
    #[cfg(test)]
    pub(crate) fn read(&self, slot: &Slot, touch: bool) -> Result<Vec<u8>, ReadError> {
        self.read_with(slot, touch, folder::read_all)
    }

    /// Opens an entry and lets `read` take what it wants from the handle, as [`folder::read_entry`] does.
    pub(crate) fn read_with<T>(
        &self,
        slot: &Slot,
        touch: bool,
        mut read: impl FnMut(&OwnedFd, u64) -> Result<Option<T>, Errno>,
    ) -> Result<T, ReadError> {
        folder::read_entry(&self.dir(), slot, Owners::User, |fd, stat, size| {
            if touch {
                renew_time(fd, stat);
            }
            read(fd, size)
        })
    }

    /// Whether there is nothing at all in the folder of a kind of entries: most caches have no diagnostics and no code for a CPU level, and a
    /// look at each of those on each miss is most of what a miss looks at. Another process may have made the folder since, which is
    /// seen after [`BELIEVED`]; that costs time only, and what this process stores it sees at once.
    pub(super) fn lacks(&self, folder: &str) -> bool {
        self.lacks_at(folder, Instant::now())
    }

    /// The same at this time.
    pub(super) fn lacks_at(&self, folder: &str, now: Instant) -> bool {
        let mut folders = lock(&self.folders);
        match folders.get(folder) {
            Some(None) => false,
            Some(Some(since)) if now.saturating_duration_since(*since) < BELIEVED => true,
            Some(Some(_)) | None => {
                let is_absent = fs::is_absent(&self.dir(), folder);
                folders.insert(folder.to_owned(), is_absent.then_some(now));
                is_absent
            }
        }
    }

    /// Whether there is anything where the entry would be.
    pub(crate) fn exists(&self, slot: &Slot) -> bool {
        !matches!(fs::look(&self.dir(), &slot.path()), Err(Errno::NOENT | Errno::NOTDIR))
    }

    /// Whether there is certainly nothing where the entry would be.
    pub(super) fn is_absent(&self, slot: &Slot) -> bool {
        fs::is_absent(&self.dir(), &slot.path())
    }

    /// Stores an entry under its slot and marks it for `label`.
    pub(crate) fn write(&self, slot: &Slot, label: &str, bytes: &[u8]) -> Result<(), WriteError> {
        if let Some(why) = &self.nowhere {
            return Err(WriteError::because(why));
        }
        if self.is_paused() {
            return Err(WriteError::because("stores are paused after an error"));
        }
        let first = self.publish(&self.dir(), slot, label, bytes);
        let result = match first {
            // The folder itself may be gone: make it again once.
            Err(errno @ (Errno::NOENT | Errno::STALE)) => match self.reopen() {
                Ok(dir) => self.publish(&dir, slot, label, bytes).map_err(WriteError::from),
                Err(why) => Err(WriteError { errno: Some(errno), why }),
            },
            other => other.map_err(WriteError::from),
        };
        match first {
            Err(Errno::NOSPC | Errno::DQUOT | Errno::IO | Errno::ROFS | Errno::ACCESS | Errno::PERM) => {
                self.pause_writes();
            }
            _ if result.is_ok() => *lock(&self.pause) = Pause::default(),
            _ => {}
        }
        result
    }

    fn publish(&self, dir: &OwnedFd, slot: &Slot, label: &str, bytes: &[u8]) -> Result<(), Errno> {
        let temporary = write_temporary(dir, bytes)?;
        let mut renamed = rename(dir, &temporary, &slot.path());
        if renamed == Err(Errno::ISDIR) {
            // Nothing can be renamed over a folder: it would be a miss for ever.
            let _ = rename(dir, &slot.path(), &format!("quarantine/{}", slot.name()));
            renamed = rename(dir, &temporary, &slot.path());
        }
        if let Err(error) = renamed {
            let _ = fs::unlink(dir, &temporary);
            return Err(error);
        }
        lock(&self.folders).remove(slot.folder());
        marks::mark(dir, label, slot);
        Ok(())
    }

    /// Takes a damaged entry out of the way, so that it is looked at once and can be looked into later. A
    /// good entry that came meanwhile may go with it; that costs one compilation.
    pub(crate) fn quarantine(&self, slot: &Slot) {
        let dir = self.dir();
        if rename(&dir, &slot.path(), &format!("quarantine/{}", slot.name())).is_err() {
            let _ = fs::unlink(&dir, &slot.path());
        }
    }

    /// Notes that so much was written, and gives how much that makes together since the last trim.
    pub(crate) fn count_written(&self, bytes: u64) -> u64 {
        let blocks = vec![b'.'; bytes.div_ceil(BLOCK).min(MAX_ENTRY / BLOCK) as usize];
        let written = create(&self.dir(), WRITTEN, fs::CREATE | OFlags::APPEND, 0o600).and_then(|fd| {
            fs::write(&fd, &blocks)?;
            fs::stat(&fd)
        });
        written.map_or(0, |stat| u64::try_from(stat.st_size).unwrap_or(0).saturating_mul(BLOCK))
    }

    /// The slots of one kind that entries of `label` were stored in, the newest `most` first.
    pub(crate) fn marked(&self, label: &str, kind: Kind, most: usize) -> Vec<Slot> {
        marks::marked(&self.dir(), label, kind, most)
    }

    /// The turns that this store has given.
    pub(super) fn turns(&self) -> Arc<Turns> {
        Arc::clone(&self.turns)
    }

    pub(super) fn dir(&self) -> Arc<OwnedFd> {
        Arc::clone(&lock(&self.dir))
    }

    fn reopen(&self) -> Result<Arc<OwnedFd>, String> {
        let dir = open_folder(&self.root, self.scope.as_deref(), true).map_err(|error| error.to_string())?;
        let dir = Arc::new(dir);
        *lock(&self.dir) = Arc::clone(&dir);
        Ok(dir)
    }

    fn is_paused(&self) -> bool {
        lock(&self.pause).until.is_some_and(|until| Instant::now() < until)
    }

    fn pause_writes(&self) {
        let mut pause = lock(&self.pause);
        pause.length = (pause.length * 2).clamp(WRITE_PAUSE, MAX_WRITE_PAUSE);
        pause.until = Some(Instant::now() + pause.length);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // The values are replaced whole, so a panic elsewhere cannot have left them half changed.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Opens `<root>/v1`, or a scope in it, after checking that only this user can change what is in it.
fn open_folder(root: &Path, scope: Option<&str>, create: bool) -> Result<OwnedFd, Unusable> {
    let mut dir = folder::open_root(root, create)?;
    for part in [VERSION].into_iter().chain(scope.into_iter().flat_map(|scope| scope.split('/'))) {
        dir = folder::open_below(&dir, part, root, Owners::User, create)?;
    }
    Ok(dir)
}

#[cfg(test)]
pub(super) mod tests;
