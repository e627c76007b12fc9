//! Making files: with the folders above them, and whole before they have their name. And their times, which are those of
//! last use.

use std::os::fd::OwnedFd;

use rustix::fs::{OFlags, Stat};
use rustix::io::Errno;

use crate::cache::fs;
use crate::cache::key::hex;
use crate::process;

/// An entry's time of use is kept to this precision, to spare the disk.
pub(super) const TOUCH_SECONDS: i64 = 3600;

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
pub(super) fn rename(dir: &OwnedFd, from: &str, to: &str) -> Result<(), Errno> {
    match fs::rename(dir, from, to) {
        Err(Errno::NOENT) => {
            fs::make_parents(dir, to)?;
            fs::rename(dir, from, to)
        }
        other => other,
    }
}

/// Writes a new file below `tmp` and gives its path.
pub(super) fn write_temporary(dir: &OwnedFd, bytes: &[u8]) -> Result<String, Errno> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|_| Errno::IO)?;
    let path = format!("tmp/{}-{}", process::id(), hex(&random));
    let fd = create(dir, &path, fs::CREATE_NEW, 0o400)?;
    if let Err(error) = fs::write(&fd, bytes) {
        let _ = fs::unlink(dir, &path);
        return Err(error);
    }
    Ok(path)
}

/// Renews the modification time, which is nothing but the time of last use.
pub(super) fn renew_time(fd: &OwnedFd, stat: &Stat) {
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
