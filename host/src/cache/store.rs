//! The files of the cache: slot ↔ bytes on disk. Knows nothing of what the bytes mean.
//!
//! ```text
//! <root>/v1/w/<2 hex>/<key>.artifact              level 1
//! <root>/v1/p/<2 hex>/<key>.probe                 the direct path
//! <root>/v1/<engine id>/n/<2 hex>/<key>.cwasm     level 2
//! <root>/v1/l/<label digest>/<slot name>          empty files: which entries a function has had
//! <root>/v1/tmp/<pid>-<random>                    entries that are being written
//! <root>/v1/trimmed                               empty: its time is that of the last trim
//! ```
//!
//! One entry is one file, complete from the moment that it has its name, and never opened for writing
//! again: written under a temporary name with mode 0400, then renamed. The `l` folders are hints for
//! explanations; a lie in them can only give a wrong explanation, because every entry is verified by the
//! caller. Files are opened relative to a folder handle, without following a link and without blocking,
//! and must be regular, this user's own, and not writable by others.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat, Timespec, Timestamps};
use rustix::io::Errno;

use crate::cache::entry::{Kind, MAX_ENTRY};
use crate::cache::key::{Digest, L0Key, L1Key, L2Key, hex};

/// Folder below the root; another layout gets another name.
const VERSION: &str = "v1";
const READ_FLAGS: OFlags =
    OFlags::RDONLY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC).union(OFlags::NONBLOCK);
const DIR_FLAGS: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
/// After a full disk or a read-only folder, no store is tried for this long.
const WRITE_PAUSE: Duration = Duration::from_secs(60);
/// An entry's time of use is kept to this precision, to spare the disk.
pub(super) const TOUCH_SECONDS: i64 = 3600;

/// Where an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    /// Level 1.
    Artifact(L1Key),
    /// Level 2, with the engine's eight digits.
    Native(String, L2Key),
    /// The direct path.
    Probe(L0Key),
}

impl Slot {
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Slot::Artifact(_) => Kind::Artifact,
            Slot::Native(..) => Kind::Native,
            Slot::Probe(_) => Kind::Probe,
        }
    }

    pub(crate) fn key(&self) -> &Digest {
        match self {
            Slot::Artifact(L1Key(key)) | Slot::Native(_, L2Key(key)) | Slot::Probe(L0Key(key)) => key,
        }
    }

    /// Path below the version folder.
    pub(super) fn path(&self) -> String {
        let key = hex(self.key());
        match self {
            Slot::Artifact(_) => format!("w/{}/{key}.artifact", &key[..2]),
            Slot::Native(engine, _) => format!("{engine}/n/{}/{key}.cwasm", &key[..2]),
            Slot::Probe(_) => format!("p/{}/{key}.probe", &key[..2]),
        }
    }

    /// Name of its mark in a function's folder. A probe has none: why it is missing is told by the levels
    /// that are asked in its place.
    fn mark(&self) -> Option<String> {
        match self {
            Slot::Artifact(key) => Some(format!("w-{key}")),
            Slot::Native(engine, key) => Some(format!("{engine}-{key}")),
            Slot::Probe(_) => None,
        }
    }

    pub(super) fn from_mark(name: &str) -> Option<Self> {
        let (folder, key) = name.split_once('-')?;
        Self::from_parts(folder, key)
    }

    /// From a folder below the version folder and a key in digits, which must look like ours.
    pub(super) fn from_parts(folder: &str, key: &str) -> Option<Self> {
        let key = unhex(key)?;
        if folder == "w" {
            return Some(Slot::Artifact(L1Key(key)));
        }
        if folder == "p" {
            return Some(Slot::Probe(L0Key(key)));
        }
        is_engine_id(folder).then(|| Slot::Native(folder.to_owned(), L2Key(key)))
    }
}

/// Why a file gave no bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ReadError {
    Missing,
    Untrusted(&'static str),
    TooLong,
    System(Errno),
}

/// The open cache folder.
pub(crate) struct Store {
    root: PathBuf,
    /// Handle of the version folder; replaced if the folder was deleted under us.
    dir: Mutex<Arc<OwnedFd>>,
    paused_until: Mutex<Option<Instant>>,
}

impl Store {
    /// Opens `root`, and makes it if `create`. The error is a phrase for people.
    pub(crate) fn open(root: &Path, create: bool) -> Result<Self, String> {
        let dir = open_version_folder(root, create)?;
        Ok(Store { root: root.to_owned(), dir: Mutex::new(Arc::new(dir)), paused_until: Mutex::new(None) })
    }

    /// The folder that the user named.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The file of an entry, to be shown to people.
    pub(crate) fn shown_path(&self, slot: &Slot) -> PathBuf {
        self.root.join(VERSION).join(slot.path())
    }

    /// Reads a whole entry; nothing about its contents is known to be true. Unless `touch` is false, its
    /// time of use is renewed.
    pub(crate) fn read(&self, slot: &Slot, touch: bool) -> Result<Vec<u8>, ReadError> {
        let fd = match rustix::fs::openat(&*self.dir(), slot.path(), READ_FLAGS, Mode::empty()) {
            Ok(fd) => fd,
            Err(Errno::NOENT | Errno::NOTDIR) => return Err(ReadError::Missing),
            Err(Errno::LOOP) => return Err(ReadError::Untrusted("it is a symbolic link")),
            Err(error) => return Err(ReadError::System(error)),
        };
        let stat = rustix::fs::fstat(&fd).map_err(ReadError::System)?;
        check_file(&stat)?;
        let size = u64::try_from(stat.st_size).map_err(|_| ReadError::TooLong)?;
        if size > MAX_ENTRY {
            return Err(ReadError::TooLong);
        }
        if touch {
            renew_time(&fd, &stat);
        }
        let mut bytes = vec![0; size as usize];
        match File::from(fd).read_exact(&mut bytes) {
            Ok(()) => Ok(bytes),
            // It shrank while being read; the authentication code would not fit either.
            Err(error) => Err(error
                .raw_os_error()
                .map(Errno::from_raw_os_error)
                .map_or(ReadError::Missing, ReadError::System)),
        }
    }

    /// Stores an entry under its slot and marks it for `label`.
    pub(crate) fn write(&self, slot: &Slot, label: &str, bytes: &[u8]) -> Result<(), String> {
        if self.is_paused() {
            return Err("stores are paused after an error".to_owned());
        }
        let first = self.publish(&self.dir(), slot, label, bytes);
        let result = match first {
            // The folder itself may be gone: make it again once.
            Err(Errno::NOENT) => self
                .reopen()
                .and_then(|dir| self.publish(&dir, slot, label, bytes).map_err(|error| error.to_string())),
            other => other.map_err(|error| error.to_string()),
        };
        if matches!(
            first,
            Err(Errno::NOSPC | Errno::DQUOT | Errno::IO | Errno::ROFS | Errno::ACCESS | Errno::PERM)
        ) {
            *lock(&self.paused_until) = Some(Instant::now() + WRITE_PAUSE);
        }
        result
    }

    fn publish(&self, dir: &OwnedFd, slot: &Slot, label: &str, bytes: &[u8]) -> Result<(), Errno> {
        let temporary = write_temporary(dir, bytes)?;
        let path = slot.path();
        let mut renamed = rustix::fs::renameat(dir, &temporary, dir, &path);
        if renamed == Err(Errno::NOENT) {
            make_parents(dir, &path)?;
            renamed = rustix::fs::renameat(dir, &temporary, dir, &path);
        }
        if let Err(error) = renamed {
            let _ = rustix::fs::unlinkat(dir, &temporary, AtFlags::empty());
            return Err(error);
        }
        // Without its mark the entry still works; only an explanation may be poorer.
        let Some(mark) = slot.mark() else { return Ok(()) };
        let mark = format!("{}/{mark}", label_folder(label));
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let marked = rustix::fs::openat(dir, &mark, flags, Mode::from_raw_mode(0o600));
        if marked.is_err_and(|error| error == Errno::NOENT) && make_parents(dir, &mark).is_ok() {
            let _ = rustix::fs::openat(dir, &mark, flags, Mode::from_raw_mode(0o600));
        }
        Ok(())
    }

    /// The slots of one kind that entries of `label` were stored in, the newest first.
    pub(crate) fn marked(&self, label: &str, kind: Kind) -> Vec<Slot> {
        let (dir, folder) = (self.dir(), label_folder(label));
        let names = list(&dir, &folder);
        let marks = names.iter().filter_map(|name| Some((name, Slot::from_mark(name)?)));
        let marks = marks.filter(|(_, slot)| slot.kind() == kind);
        let mut dated: Vec<(i64, Slot)> =
            marks.map(|(name, slot)| (stat(&dir, &format!("{folder}/{name}")).1, slot)).collect();
        dated.sort_by_key(|(time, _)| std::cmp::Reverse(*time));
        dated.into_iter().map(|(_, slot)| slot).collect()
    }

    pub(super) fn dir(&self) -> Arc<OwnedFd> {
        Arc::clone(&lock(&self.dir))
    }

    fn reopen(&self) -> Result<Arc<OwnedFd>, String> {
        let dir = Arc::new(open_version_folder(&self.root, true)?);
        *lock(&self.dir) = Arc::clone(&dir);
        Ok(dir)
    }

    fn is_paused(&self) -> bool {
        lock(&self.paused_until).is_some_and(|until| Instant::now() < until)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // The values are replaced whole, so a panic elsewhere cannot have left them half changed.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Opens `<root>/v1` after checking that only this user can change what is in it.
fn open_version_folder(root: &Path, create: bool) -> Result<OwnedFd, String> {
    let failed = |what: &str, error: &dyn std::fmt::Display| format!("{what} '{}': {error}", root.display());
    if create {
        // An existing folder that cannot be written may still be read.
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(root);
        if let (Err(error), false) = (made, root.is_dir()) {
            return Err(failed("cannot make the folder", &error));
        }
    }
    let open =
        |fd: &OwnedFd, name: &str| rustix::fs::openat(fd, name, DIR_FLAGS | OFlags::NOFOLLOW, Mode::empty());
    // The root itself may be a link: its name was chosen by the user.
    let root_dir = rustix::fs::openat(CWD, root, DIR_FLAGS, Mode::empty())
        .map_err(|error| failed("cannot open the folder", &error))?;
    check_folder(&root_dir).map_err(|why| failed("will not use the folder", &why))?;
    if create {
        let _ = rustix::fs::mkdirat(&root_dir, VERSION, Mode::from_raw_mode(0o700));
    }
    let dir = open(&root_dir, VERSION).map_err(|error| failed("cannot open v1 in the folder", &error))?;
    check_folder(&dir).map_err(|why| failed("will not use v1 in the folder", &why))?;
    if create {
        let _ = rustix::fs::mkdirat(&dir, "tmp", Mode::from_raw_mode(0o700));
    }
    Ok(dir)
}

fn check_folder(fd: &OwnedFd) -> Result<(), String> {
    let stat = rustix::fs::fstat(fd).map_err(|error| error.to_string())?;
    if stat.st_uid != rustix::process::geteuid().as_raw() {
        return Err("it belongs to another user".to_owned());
    }
    if stat.st_mode & 0o022 != 0 {
        return Err("other users can write to it".to_owned());
    }
    Ok(())
}

fn check_file(stat: &Stat) -> Result<(), ReadError> {
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(ReadError::Untrusted("it is not a regular file"));
    }
    if stat.st_uid != rustix::process::geteuid().as_raw() {
        return Err(ReadError::Untrusted("it belongs to another user"));
    }
    if stat.st_mode & 0o022 != 0 {
        return Err(ReadError::Untrusted("other users can write to it"));
    }
    Ok(())
}

/// Renews the modification time, which is nothing but the time of last use.
fn renew_time(fd: &OwnedFd, stat: &Stat) {
    let now = now_seconds();
    if (now - stat.st_mtime).abs() > TOUCH_SECONDS {
        set_time(fd, now);
    }
}

/// Sets the modification time. Errors do not matter.
pub(super) fn set_time(fd: &OwnedFd, seconds: i64) {
    let time = Timespec { tv_sec: seconds, tv_nsec: 0 };
    let _ = rustix::fs::futimens(fd, &Timestamps { last_access: time, last_modification: time });
}

/// Seconds since the Unix epoch.
pub(super) fn now_seconds() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// Size and modification time; zeros if there is no such file.
pub(super) fn stat(dir: &OwnedFd, path: &str) -> (u64, i64) {
    let stat = rustix::fs::statat(dir, path, AtFlags::SYMLINK_NOFOLLOW);
    stat.map_or((0, 0), |stat| (u64::try_from(stat.st_size).unwrap_or(0), stat.st_mtime))
}

/// Writes a new file below `tmp` and gives its path.
fn write_temporary(dir: &OwnedFd, bytes: &[u8]) -> Result<String, Errno> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|_| Errno::IO)?;
    let path = format!("tmp/{}-{}", std::process::id(), hex(&random));
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let open = || rustix::fs::openat(dir, &path, flags, Mode::from_raw_mode(0o400));
    let fd = match open() {
        Err(Errno::NOENT) => {
            make_parents(dir, &path)?;
            open()?
        }
        other => other?,
    };
    if let Err(error) = File::from(fd).write_all(bytes) {
        let _ = rustix::fs::unlinkat(dir, &path, AtFlags::empty());
        return Err(error.raw_os_error().map_or(Errno::IO, Errno::from_raw_os_error));
    }
    Ok(path)
}

/// Makes the folders above `path`.
fn make_parents(dir: &OwnedFd, path: &str) -> Result<(), Errno> {
    for (slash, _) in path.match_indices('/') {
        match rustix::fs::mkdirat(dir, &path[..slash], Mode::from_raw_mode(0o700)) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The names in a folder, sorted; none if it cannot be read.
pub(super) fn list(dir: &OwnedFd, path: &str) -> Vec<String> {
    let Ok(folder) = rustix::fs::openat(dir, path, DIR_FLAGS | OFlags::NOFOLLOW, Mode::empty()) else {
        return Vec::new();
    };
    let Ok(entries) = Dir::new(folder) else { return Vec::new() };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().to_str().ok().map(str::to_owned));
    let mut names: Vec<String> = names.filter(|name| name != "." && name != "..").collect();
    names.sort();
    names
}

fn label_folder(label: &str) -> String {
    format!("l/{}", &hex(&blake3::derive_key("ovenbird 2026-11 label v1", label.as_bytes()))[..16])
}

pub(super) fn is_engine_id(name: &str) -> bool {
    name.len() == 8 && name.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

pub(super) fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn unhex(text: &str) -> Option<Digest> {
    let mut digest = [0; 32];
    if text.len() != 64 || !is_hex(text) {
        return None;
    }
    for (byte, digits) in digest.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(digest)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
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
    fn a_root_that_others_can_write_is_refused() {
        let (folder, _) = store();
        let root = folder.path().join("cache");
        for mode in [0o770, 0o702] {
            chmod(&root, mode);
            assert!(Store::open(&root, true).err().expect("refused").contains("other users can write"));
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
