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
//! again: written under a temporary name with mode 0400, then renamed. The `l` folders are hints for
//! explanations; a lie in them can only give a wrong explanation, because every entry is verified by the
//! caller. `folder` says how files are opened and which are trusted: here, this user's own.

use std::collections::BTreeMap;
use std::fmt;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::fs::{OFlags, Stat};
use rustix::io::Errno;

use crate::cache::entry::{Kind, MAX_ENTRY};
pub(crate) use crate::cache::folder::ReadError;
use crate::cache::folder::{self, Owners, Unusable, VERSION, label_folder};
use crate::cache::fs;
use crate::cache::key::hex;
use crate::cache::lock::Turns;
pub(crate) use crate::cache::slot::Slot;
use crate::cache::why::EXPLAIN_ENTRIES;

/// After a full disk or a read-only folder, no store is tried for this long; twice as long each time that
/// it happens again.
const WRITE_PAUSE: Duration = Duration::from_secs(60);
/// Longest pause.
const MAX_WRITE_PAUSE: Duration = Duration::from_secs(3600);
/// Most marks of a function, of all levels, that are kept for explanations.
const MOST_MARKS: usize = 2 * EXPLAIN_ENTRIES;
/// They are counted with each so-manieth entry.
const THIN_OUT: u8 = 16;
/// A folder that is not there is looked for again the so-manieth time that somebody asks.
const BELIEVED: u32 = 64;
/// An entry's time of use is kept to this precision, to spare the disk.
pub(super) const TOUCH_SECONDS: i64 = 3600;
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
    /// Folders that were looked for: how often one that is not there is still believed to be absent; 0 if it is there.
    folders: Mutex<BTreeMap<String, u32>>,
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
        // There is nothing below what is no folder, and nothing can be made there.
        let no_folder = fs::memory_file().map_err(|error| Unusable::because(error.to_string()))?;
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
    /// seen after some more look-ups; that costs time only, and what this process stores it sees at once.
    pub(super) fn lacks(&self, folder: &str) -> bool {
        let mut folders = lock(&self.folders);
        match folders.get_mut(folder) {
            Some(0) => false,
            Some(left @ 2..) => {
                *left -= 1;
                true
            }
            Some(1) | None => {
                let is_absent = fs::look(&self.dir(), folder) == Err(Errno::NOENT);
                folders.insert(folder.to_owned(), if is_absent { BELIEVED } else { 0 });
                is_absent
            }
        }
    }

    /// Whether there is anything where the entry would be.
    pub(crate) fn exists(&self, slot: &Slot) -> bool {
        !matches!(fs::look(&self.dir(), &slot.path()), Err(Errno::NOENT | Errno::NOTDIR))
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
        if !slot.is_marked() {
            return Ok(());
        }
        // Without its mark the entry still works; only an explanation may be poorer.
        let mark = format!("{}/{}", label_folder(label), slot.name());
        let _ = create(dir, &mark, fs::CREATE, 0o600);
        if slot.key()[31].is_multiple_of(THIN_OUT) {
            thin_out(dir, &label_folder(label));
        }
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

    /// The slots of one kind that entries of `label` were stored in, the newest first.
    pub(crate) fn marked(&self, label: &str, kind: Kind) -> Vec<Slot> {
        folder::marked(&self.dir(), label, kind)
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

/// Renews the modification time, which is nothing but the time of last use.
fn renew_time(fd: &OwnedFd, stat: &Stat) {
    let now = now_seconds();
    if (now - stat.st_mtime).abs() > TOUCH_SECONDS {
        // An entry whose time cannot be renewed may be removed too early, which only costs time.
        let _ = fs::touch(fd, now);
    }
}

/// Seconds since the Unix epoch.
pub(super) fn now_seconds() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// Size and modification time; zeros if there is no such file.
pub(super) fn size_and_time(dir: &OwnedFd, path: &str) -> (u64, i64) {
    fs::stat_at(dir, path).map_or((0, 0), |stat| (u64::try_from(stat.st_size).unwrap_or(0), stat.st_mtime))
}

/// Opens or makes a file, and the folders above it if need be.
pub(super) fn create(dir: &OwnedFd, path: &str, flags: OFlags, mode: u32) -> Result<OwnedFd, Errno> {
    match fs::create(dir, path, flags, mode) {
        Err(Errno::NOENT) if path.contains('/') => {
            fs::make_parents(dir, path)?;
            fs::create(dir, path, flags, mode)
        }
        other => other,
    }
}

/// Renames, after making the folders above the new name if need be.
fn rename(dir: &OwnedFd, from: &str, to: &str) -> Result<(), Errno> {
    match fs::rename(dir, from, to) {
        Err(Errno::NOENT) => {
            fs::make_parents(dir, to)?;
            fs::rename(dir, from, to)
        }
        other => other,
    }
}

/// Writes a new file below `tmp` and gives its path.
fn write_temporary(dir: &OwnedFd, bytes: &[u8]) -> Result<String, Errno> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|_| Errno::IO)?;
    let path = format!("tmp/{}-{}", std::process::id(), hex(&random));
    let fd = create(dir, &path, fs::CREATE_NEW, 0o400)?;
    if let Err(error) = fs::write(&fd, bytes) {
        let _ = fs::unlink(dir, &path);
        return Err(error);
    }
    Ok(path)
}

/// Removes all marks of a function but the newest: who explains a miss looks at each, and reads no more entries than that.
/// Of an entry whose mark is gone it may be said that it was never there.
fn thin_out(dir: &OwnedFd, folder: &str) {
    let mut marks = fs::list_dated(dir, folder);
    marks.sort_by_key(|(_, time)| std::cmp::Reverse(*time));
    for (name, _) in marks.iter().skip(MOST_MARKS).filter(|(name, _)| Slot::from_name(name).is_some()) {
        let _ = fs::unlink(dir, &format!("{folder}/{name}"));
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::cache::key::{L1Key, L2Key};
    use rustix::fs::{CWD, FileType, Mode};
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    pub(crate) fn slot(byte: u8) -> Slot {
        Slot::Artifact(L1Key([byte; 32]))
    }

    pub(crate) fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().expect("temp");
        let store = Store::open(&folder.path().join("cache"), true).expect("open");
        (folder, store)
    }

    fn chmod(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("chmod");
    }

    #[test]
    fn what_is_written_is_read_and_marked() {
        let (_folder, store) = store();
        let native = Slot::Native("0123abcd".to_owned(), L2Key([2; 32]));
        store.write(&slot(1), "m.f", b"one").expect("written");
        store.write(&native, "m.f", b"two").expect("written");
        assert_eq!(store.read(&slot(1), true), Ok(b"one".to_vec()));
        assert_eq!(store.read(&native, false), Ok(b"two".to_vec()));
        assert_eq!(store.marked("m.f", Kind::Artifact), [slot(1)]);
        assert_eq!(store.marked("m.f", Kind::Native), std::slice::from_ref(&native));
        assert_eq!(store.marked("m.g", Kind::Native), []);
        assert_eq!(store.slots(), [slot(1), native]);
        let mode = fs::metadata(store.shown_path(&slot(1))).expect("exists").permissions().mode();
        assert_eq!(mode & 0o777, 0o400);
        assert_eq!(fs::read_dir(store.root.join("v1/tmp")).expect("list").count(), 0);
    }

    #[test]
    fn of_many_marks_the_newest_stay() {
        let (_folder, store) = store();
        let slots: Vec<Slot> = (0..2 * MOST_MARKS)
            .map(|n| Slot::Artifact(L1Key(*blake3::hash(&n.to_le_bytes()).as_bytes())))
            .collect();
        let folder = store.root.join("v1").join(label_folder("m.f"));
        for (n, slot) in slots.iter().enumerate() {
            store.write(slot, "m.f", b"one").expect("written");
            // As if they had been stored one a second.
            let mark = fs::File::options().write(true).open(folder.join(slot.name())).expect("marked");
            let time = std::time::UNIX_EPOCH + Duration::from_secs(1_700_000_000 + n as u64);
            mark.set_modified(time).expect("dated");
        }
        thin_out(&store.dir(), &label_folder("m.f"));
        let newest: Vec<Slot> = slots.iter().rev().take(MOST_MARKS).cloned().collect();
        assert_eq!(store.marked("m.f", Kind::Artifact), newest);
        assert_eq!(store.slots().len(), slots.len(), "entries stay");
        // Who stores many does that now and then.
        let many = (0..10 * u64::from(THIN_OUT))
            .map(|n| Slot::Artifact(L1Key(*blake3::hash(&n.to_be_bytes()).as_bytes())));
        many.for_each(|slot| store.write(&slot, "m.f", b"one").expect("written"));
        assert!(store.marked("m.f", Kind::Artifact).len() < MOST_MARKS + 5 * usize::from(THIN_OUT));
    }

    #[test]
    fn only_a_private_regular_file_is_read() {
        let (folder, store) = store();
        store.write(&slot(1), "m.f", b"one").expect("written");
        let path = store.shown_path(&slot(1));
        chmod(&path, 0o420);
        assert_eq!(store.read(&slot(1), true), Err(ReadError::Untrusted("other users can write to it")));

        fs::remove_file(&path).expect("remove");
        assert_eq!(store.read(&slot(1), true), Err(ReadError::Missing));

        let target = folder.path().join("target");
        fs::write(&target, b"one").expect("write");
        std::os::unix::fs::symlink(&target, &path).expect("link");
        assert_eq!(store.read(&slot(1), true), Err(ReadError::Untrusted("it is a symbolic link")));

        fs::remove_file(&path).expect("remove");
        rustix::fs::mknodat(CWD, &path, FileType::Fifo, Mode::from_raw_mode(0o600), 0).expect("fifo");
        assert_eq!(store.read(&slot(1), true), Err(ReadError::Untrusted("it is not a regular file")));

        fs::remove_file(&path).expect("remove");
        fs::create_dir(&path).expect("folder");
        assert_eq!(store.read(&slot(1), true), Err(ReadError::Untrusted("it is not a regular file")));
    }

    #[test]
    fn a_folder_in_the_place_of_an_entry_is_moved_aside_with_what_is_in_it() {
        let (_folder, store) = store();
        let path = store.shown_path(&slot(1));
        fs::create_dir_all(&path).expect("folder");
        fs::write(path.join("mine"), b"foreign").expect("written");
        assert_eq!(store.read(&slot(1), true), Err(ReadError::Untrusted("it is not a regular file")));
        store.write(&slot(1), "m.f", b"one").expect("written");
        assert_eq!(store.read(&slot(1), true), Ok(b"one".to_vec()));
        let aside = store.root.join("v1/quarantine").join(slot(1).name()).join("mine");
        assert_eq!(fs::read(&aside).expect("kept"), b"foreign");
        // Where it cannot be moved, the entry is not stored, and nothing is lost or left over.
        fs::remove_file(&path).expect("removed");
        fs::create_dir(&path).expect("folder");
        assert_eq!(
            store.write(&slot(1), "m.f", b"one").map_err(|error| error.errno),
            Err(Some(Errno::ISDIR))
        );
        assert_eq!(fs::read_dir(store.root.join("v1/tmp")).expect("list").count(), 0);
        store.clear();
        assert!(aside.exists(), "it is not ours");
        fs::remove_file(&aside).expect("removed");
        store.clear();
        assert_eq!(fs::read_dir(store.root.join("v1/quarantine")).expect("list").count(), 0);
    }

    #[test]
    fn what_is_larger_than_an_entry_may_be_is_not_read() {
        let (_folder, store) = store();
        store.write(&slot(1), "m.f", b"one").expect("written");
        let path = store.shown_path(&slot(1));
        chmod(&path, 0o600);
        // A file with a hole: it takes no space.
        fs::File::options()
            .write(true)
            .open(&path)
            .and_then(|file| file.set_len(MAX_ENTRY + 1))
            .expect("grown");
        assert_eq!(store.read(&slot(1), true), Err(ReadError::TooLong));
    }

    #[test]
    fn a_folder_inside_that_is_a_link_is_refused() {
        let (folder, store) = store();
        let (root, elsewhere) = (store.root().to_owned(), folder.path().join("elsewhere"));
        fs::create_dir_all(&elsewhere).expect("made");
        chmod(&elsewhere, 0o700);
        let scope = "0123456789abcdef0123456789abcdef";
        fs::create_dir_all(root.join("v1/s")).expect("made");
        std::os::unix::fs::symlink(&elsewhere, root.join("v1/s").join(scope)).expect("linked");
        assert!(store.scope(scope, true).is_err());
        fs::rename(root.join("v1"), folder.path().join("v1")).expect("moved");
        std::os::unix::fs::symlink(&elsewhere, root.join("v1")).expect("linked");
        assert!(Store::open(&root, true).err().expect("refused").to_string().contains("cannot open v1"));
        assert_eq!(fs::read_dir(&elsewhere).expect("there").count(), 0);
    }

    #[test]
    fn a_root_that_others_can_write_is_refused() {
        let (folder, _) = store();
        let root = folder.path().join("cache");
        for mode in [0o770, 0o702] {
            chmod(&root, mode);
            assert!(
                Store::open(&root, true)
                    .err()
                    .expect("refused")
                    .to_string()
                    .contains("other users can write")
            );
        }
        chmod(&root, 0o755);
        assert!(Store::open(&root, true).is_ok());
        chmod(&root.join("v1"), 0o777);
        assert!(Store::open(&root, true).is_err());
    }

    #[test]
    fn a_deleted_folder_is_made_again() {
        let (_folder, store) = store();
        store.write(&slot(1), "m.f", b"one").expect("written");
        fs::remove_dir_all(store.root()).expect("removed");
        assert_eq!(store.read(&slot(1), true), Err(ReadError::Missing));
        store.write(&slot(1), "m.f", b"one").expect("written again");
        assert_eq!(store.read(&slot(1), true), Ok(b"one".to_vec()));
    }

    #[test]
    fn writers_of_one_slot_do_not_disturb_each_other() {
        let (_folder, store) = store();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..20 {
                        store.write(&slot(1), "m.f", &[5; 10_000]).expect("written");
                        assert_eq!(store.read(&slot(1), true), Ok(vec![5; 10_000]));
                    }
                });
            }
        });
        assert_eq!(store.slots(), [slot(1)]);
    }
}
