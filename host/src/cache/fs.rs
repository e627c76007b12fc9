//! The file operations of the cache: folder handle + relative path → result. There are no others.
//!
//! Every operation of the store, its locks and its sweeps goes through here, so that tests can make each
//! of them fail, kill the process at each, and run each interleaving of them (`faults`, compiled into unit
//! tests only; elsewhere the call is empty and inlined). Nothing here knows what the files mean.
//!
//! No component of a path below the handle is ever followed as a link: a cache folder may come with a
//! program that somebody else wrote, and must not make us write elsewhere. An interrupted call is made
//! again.

use std::ops::Range;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{AtFlags, CWD, Dir, FlockOperation, MemfdFlags, Mode, OFlags, SealFlags, Stat, StatVfs};
use rustix::io::Errno;
use rustix::process::Resource;

#[cfg(test)]
use crate::cache::faults;

mod bytes;

/// For reading: not through a link, and not waiting for the writer of a pipe.
pub(super) const READ: OFlags =
    OFlags::RDONLY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC).union(OFlags::NONBLOCK);
/// For making a file that is not there.
pub(super) const CREATE_NEW: OFlags =
    OFlags::WRONLY.union(OFlags::CREATE).union(OFlags::EXCL).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
/// For changing a file of our own.
pub(super) const UPDATE: OFlags = OFlags::RDWR.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
/// The same, made if it is not there.
pub(super) const CREATE: OFlags = UPDATE.union(OFlags::CREATE);
/// For folders.
pub(super) const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// An interrupted call is made again at most this often.
const ATTEMPTS: usize = 16;
/// Bytes written by one call. Small in tests, so that a process can be killed in the middle of a file.
const CHUNK: usize = if cfg!(test) { 1024 } else { 4 << 20 };

/// What is done to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Op {
    Open,
    Create,
    Stat,
    Read,
    Write,
    Rename,
    Link,
    Unlink,
    Mkdir,
    List,
    Touch,
    Lock,
    Memory,
}

#[cfg(not(test))]
mod faults {
    use super::{Errno, Op, Stat};

    /// Nothing goes wrong on purpose outside of tests.
    #[inline(always)]
    pub(super) fn before(_: Op) -> Result<(), Errno> {
        Ok(())
    }

    /// Nor is anything seen as it is not.
    #[inline(always)]
    pub(super) fn seen(stat: Stat) -> Stat {
        stat
    }

    pub(super) use std::thread::sleep;
}

fn attempt<T>(op: Op, mut act: impl FnMut() -> Result<T, Errno>) -> Result<T, Errno> {
    for _ in 0..ATTEMPTS {
        match faults::before(op).and_then(|()| act()) {
            Err(Errno::INTR | Errno::AGAIN) if op != Op::Lock => {}
            Err(Errno::INTR) => {}
            other => return other,
        }
    }
    Err(Errno::INTR)
}

/// Waits; where tests choose the order of events, lets somebody else go on.
pub(super) fn sleep(time: Duration) {
    faults::sleep(time);
}

/// Opens the folder that a user named. Its name may be a link.
pub(super) fn open_root(path: &Path) -> Result<OwnedFd, Errno> {
    attempt(Op::Open, || rustix::fs::openat(CWD, path, FOLDER, Mode::empty()))
}

/// The same, but its name may not be a link; one before it may.
pub(super) fn open_root_itself(path: &Path) -> Result<OwnedFd, Errno> {
    // At the end of a path, a slash or a point would follow a link.
    let path: PathBuf = path.components().collect();
    attempt(Op::Open, || rustix::fs::openat(CWD, &path, FOLDER | OFlags::NOFOLLOW, Mode::empty()))
}

/// Opens a file or folder.
pub(super) fn open(dir: &OwnedFd, path: &str, flags: OFlags) -> Result<OwnedFd, Errno> {
    attempt(Op::Open, || resolve(dir, path, flags, Mode::empty()))
}

/// Opens a file, made with `mode` if the flags allow it.
pub(super) fn create(dir: &OwnedFd, path: &str, flags: OFlags, mode: u32) -> Result<OwnedFd, Errno> {
    attempt(Op::Create, || resolve(dir, path, flags, Mode::from_raw_mode(mode)))
}

/// What an open file is.
pub(super) fn stat(fd: &OwnedFd) -> Result<Stat, Errno> {
    attempt(Op::Stat, || rustix::fs::fstat(fd)).map(faults::seen)
}

/// What is at a path, which may be a link.
pub(super) fn stat_at(dir: &OwnedFd, path: &str) -> Result<Stat, Errno> {
    attempt(Op::Stat, || {
        in_parent(dir, path, |fd, name| rustix::fs::statat(fd, name, AtFlags::SYMLINK_NOFOLLOW))
    })
}

/// Whether there is anything at a path; an error says why not, or that it is a link.
pub(super) fn look(dir: &OwnedFd, path: &str) -> Result<(), Errno> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    attempt(Op::Stat, || resolve(dir, path, flags, Mode::empty())).map(drop)
}

/// Whether there is certainly nothing at a path. It may lead over links: nothing is opened, and whoever finds that there is
/// something looks in another way. Takes a third less than to open what is not there.
pub(super) fn is_absent(dir: &OwnedFd, path: &str) -> bool {
    let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT;
    attempt(Op::Stat, || rustix::fs::statat(dir, path, flags)).is_err_and(|errno| errno == Errno::NOENT)
}

/// Whether this user may make files in a folder.
pub(super) fn check_writable(dir: &OwnedFd) -> Result<(), Errno> {
    let access = rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK;
    attempt(Op::Stat, || rustix::fs::accessat(dir, ".", access, AtFlags::EACCESS))
}

/// Space on the file system.
pub(super) fn space(dir: &OwnedFd) -> Result<StatVfs, Errno> {
    attempt(Op::Stat, || rustix::fs::fstatvfs(dir))
}

/// Reads until the buffer is full or the file at its end; gives the number of bytes.
pub(super) fn read(fd: &OwnedFd, buffer: &mut [u8]) -> Result<usize, Errno> {
    let mut filled = 0;
    while filled < buffer.len() {
        match attempt(Op::Read, || rustix::io::read(fd, &mut buffer[filled..]))? {
            0 => break,
            more => filled += more,
        }
    }
    Ok(filled)
}

/// Appends a file of so many bytes; fewer if it is shorter. They are not zeroed before, which takes as long as reading a small
/// file.
pub(super) fn read_whole(fd: &OwnedFd, size: usize, bytes: &mut Vec<u8>) -> Result<(), Errno> {
    bytes.reserve_exact(size);
    while bytes.len() < size {
        let read = || rustix::io::read(fd, rustix::buffer::spare_capacity(bytes));
        if attempt(Op::Read, read)? == 0 {
            break;
        }
    }
    Ok(())
}

/// Whether a file of this process may be so long. Where it may not (`ulimit -f`), the system would not only refuse to write:
/// it would end the process, and with it the program that was only to be sped up.
fn allow(len: impl FnOnce() -> Result<u64, Errno>) -> Result<(), Errno> {
    match rustix::process::getrlimit(Resource::Fsize).current {
        Some(most) if len()? > most => Err(Errno::FBIG),
        _ => Ok(()),
    }
}

/// Whether so many bytes may be put at the end of a file.
pub(super) fn may_grow(fd: impl AsFd, by: usize) -> Result<(), Errno> {
    let size = || Ok(u64::try_from(rustix::fs::fstat(fd)?.st_size).unwrap_or(u64::MAX));
    allow(|| Ok(size()?.saturating_add(by as u64)))
}

/// Writes everything at the end of a file; nothing if that is more than this process may.
pub(super) fn write(fd: &OwnedFd, mut bytes: &[u8]) -> Result<(), Errno> {
    may_grow(fd, bytes.len())?;
    while !bytes.is_empty() {
        let end = bytes.len().min(CHUNK);
        match attempt(Op::Write, || rustix::io::write(fd, &bytes[..end]))? {
            0 => return Err(Errno::IO),
            written => bytes = &bytes[written..],
        }
    }
    Ok(())
}

/// Sets the length of a file.
pub(super) fn set_len(fd: &OwnedFd, len: u64) -> Result<(), Errno> {
    allow(|| Ok(len))?;
    attempt(Op::Write, || rustix::fs::ftruncate(fd, len))
}

/// Renames a file within the folder.
pub(super) fn rename(dir: &OwnedFd, from: &str, to: &str) -> Result<(), Errno> {
    attempt(Op::Rename, || {
        in_parent(dir, from, |from_dir, from| {
            in_parent(dir, to, |to_dir, to| rustix::fs::renameat(from_dir, from, to_dir, to))
        })
    })
}

/// Puts a second name to a file of the folder, unless the name is taken.
pub(super) fn link(dir: &OwnedFd, from: &str, to: &str) -> Result<(), Errno> {
    attempt(Op::Link, || rustix::fs::linkat(dir, from, dir, to, AtFlags::empty()))
}

/// Removes a file; one that is gone already is as good as removed.
pub(super) fn unlink(dir: &OwnedFd, path: &str) -> Result<(), Errno> {
    let removed = attempt(Op::Unlink, || {
        in_parent(dir, path, |fd, name| rustix::fs::unlinkat(fd, name, AtFlags::empty()))
    });
    if removed == Err(Errno::NOENT) { Ok(()) } else { removed }
}

/// Removes a folder if it is empty.
pub(super) fn remove_folder(dir: &OwnedFd, path: &str) -> Result<(), Errno> {
    attempt(Op::Unlink, || {
        in_parent(dir, path, |fd, name| rustix::fs::unlinkat(fd, name, AtFlags::REMOVEDIR))
    })
}

/// Makes a folder for this user alone; gives whether it is new.
pub(super) fn make_folder(dir: &OwnedFd, path: &str) -> Result<bool, Errno> {
    let made = attempt(Op::Mkdir, || {
        in_parent(dir, path, |fd, name| rustix::fs::mkdirat(fd, name, Mode::from_raw_mode(0o700)))
    });
    match made {
        Ok(()) => Ok(true),
        Err(Errno::EXIST) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Makes the folders above `path`.
pub(super) fn make_parents(dir: &OwnedFd, path: &str) -> Result<(), Errno> {
    path.match_indices('/').try_for_each(|(slash, _)| make_folder(dir, &path[..slash]).map(drop))
}

/// Makes a folder that the user named, and those above it; gives whether it is new.
pub(super) fn make_root(path: &Path) -> Result<bool, Errno> {
    use std::os::unix::fs::DirBuilderExt as _;
    attempt(Op::Mkdir, || {
        if path.is_dir() {
            return Ok(false);
        }
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
        made.map(|()| true).map_err(|error| of_system(&error))
    })
}

fn of_system(error: &std::io::Error) -> Errno {
    error.raw_os_error().map_or(Errno::IO, Errno::from_raw_os_error)
}

/// The names in a folder, sorted; none if it cannot be read.
pub(super) fn list(dir: &OwnedFd, path: &str) -> Vec<String> {
    list_numbered(dir, path).into_iter().map(|(name, _)| name).collect()
}

/// The same with the numbers of the files.
fn list_numbered(dir: &OwnedFd, path: &str) -> Vec<(String, u64)> {
    let folder = attempt(Op::List, || resolve(dir, path, FOLDER | OFlags::NOFOLLOW, Mode::empty()));
    let Ok(entries) = folder.and_then(Dir::new) else { return Vec::new() };
    let named = entries.filter_map(|entry| {
        let entry = entry.ok()?;
        Some((entry.file_name().to_str().ok()?.to_owned(), entry.ino()))
    });
    let mut names: Vec<(String, u64)> = named.filter(|(name, _)| name != "." && name != "..").collect();
    names.sort();
    names
}

/// Those names in a folder with the files' modification times; none if it cannot be read. If there are more than `most`, that
/// many are looked at, and of the others it is said that they are older than any time: files with high numbers are new on
/// most file systems.
pub(super) fn list_dated(
    dir: &OwnedFd,
    path: &str,
    most: usize,
    is_meant: impl Fn(&str) -> bool,
) -> Vec<(String, i64)> {
    let opened = attempt(Op::List, || resolve(dir, path, FOLDER | OFlags::NOFOLLOW, Mode::empty()));
    let Ok(folder) = opened else { return Vec::new() };
    let mut names = list_numbered(&folder, ".");
    names.retain(|(name, _)| is_meant(name));
    if names.len() > most {
        names.sort_by(|(name, number), (other, others)| others.cmp(number).then_with(|| name.cmp(other)));
    }
    let dated = names.into_iter().enumerate().filter_map(|(at, (name, _))| {
        let time = if at < most { stat_at(&folder, &name).ok()?.st_mtime } else { i64::MIN };
        Some((name, time))
    });
    dated.collect()
}

/// Sets the modification time of an open file, in seconds since the epoch.
pub(super) fn touch(fd: &OwnedFd, seconds: i64) -> Result<(), Errno> {
    let time = rustix::fs::Timespec { tv_sec: seconds, tv_nsec: 0 };
    let times = rustix::fs::Timestamps { last_access: time, last_modification: time };
    attempt(Op::Touch, || rustix::fs::futimens(fd, &times))
}

/// Takes the lock of an open file without waiting; `WOULDBLOCK` if somebody else has it.
pub(super) fn try_lock(fd: &OwnedFd) -> Result<(), Errno> {
    attempt(Op::Lock, || rustix::fs::flock(fd, FlockOperation::NonBlockingLockExclusive))
}

/// Takes the lock of bytes of an open file without waiting, there or not; `WOULDBLOCK` if somebody else has one of them.
/// The holder is the opened file: it ends when that is closed, by whoever has it.
pub(super) fn try_lock_bytes(fd: &OwnedFd, bytes: Range<u64>) -> Result<(), Errno> {
    attempt(Op::Lock, || self::bytes::set(fd, &bytes, true))
}

/// Whether somebody else has the lock of one of these bytes. Not known is no.
pub(super) fn is_locked(fd: &OwnedFd, bytes: &Range<u64>) -> bool {
    attempt(Op::Lock, || self::bytes::is_taken(fd, bytes)).unwrap_or(false)
}

/// Gives the lock of bytes back. Cannot be made to fail, like [`unlock`].
pub(super) fn unlock_bytes(fd: &OwnedFd, bytes: Range<u64>) {
    let _ = self::bytes::set(fd, &bytes, false);
}

/// Gives the lock of an open file back. Cannot be made to fail: the kernel would do it at the latest when
/// the process ends.
pub(super) fn unlock(fd: &OwnedFd) {
    let _ = rustix::fs::flock(fd, FlockOperation::Unlock);
}

/// A file that exists in memory only.
pub(super) fn memory_file() -> Result<OwnedFd, Errno> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    attempt(Op::Memory, || rustix::fs::memfd_create("ovenbird code", flags))
}

/// A handle of something that is no folder: there is nothing below it, and nothing can be made there. The end of a pipe is
/// had wherever there is a handle left, also where memory files are refused.
pub(super) fn no_folder() -> Result<OwnedFd, Errno> {
    let made = attempt(Op::Open, || std::io::pipe().map_err(|error| of_system(&error)));
    made.map(|(end, _)| OwnedFd::from(end))
}

/// Makes a memory file immutable: no write, no change of length, and no taking that back.
pub(super) fn seal(fd: &OwnedFd) -> Result<(), Errno> {
    let seals = SealFlags::WRITE | SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL;
    attempt(Op::Memory, || rustix::fs::fcntl_add_seals(fd, seals))
}

/// Calls `act` with a handle of the folder that holds `path`, and the name in it.
fn in_parent<T>(
    dir: &OwnedFd,
    path: &str,
    act: impl Fn(&OwnedFd, &str) -> Result<T, Errno>,
) -> Result<T, Errno> {
    match path.rsplit_once('/') {
        None => act(dir, path),
        Some((folder, name)) => act(&resolve(dir, folder, FOLDER | OFlags::NOFOLLOW, Mode::empty())?, name),
    }
}

/// Opens a path below `dir`, none of whose components may be a link.
fn resolve(dir: &OwnedFd, path: &str, flags: OFlags, mode: Mode) -> Result<OwnedFd, Errno> {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::ResolveFlags;
        let inside = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        match rustix::fs::openat2(dir, path, flags, mode, inside) {
            // Before Linux 5.6, and where a container's filter does not know the call.
            Err(Errno::NOSYS | Errno::PERM) => {}
            other => return other,
        }
    }
    let mut parts = path.split('/').peekable();
    let mut folder: Option<OwnedFd> = None;
    while let Some(part) = parts.next() {
        let at = folder.as_ref().unwrap_or(dir).as_fd();
        if parts.peek().is_none() {
            return rustix::fs::openat(at, part, flags | OFlags::NOFOLLOW, mode);
        }
        folder = Some(rustix::fs::openat(at, part, FOLDER | OFlags::NOFOLLOW, Mode::empty())?);
    }
    Err(Errno::INVAL)
}
