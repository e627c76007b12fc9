//! A folder of entries as those see it who only read: the folder itself, a file in it, and what is not trusted.
//!
//! Files are opened relative to a folder handle, without following a link and without blocking. A file must be
//! regular, not writable by others, and of an owner who is trusted there; all that is looked at on the open
//! handle. Nothing here makes or changes anything, except [`open_folder`] if it is asked to make the folder.

use std::fmt;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, OFlags, Stat};
use rustix::io::Errno;

use crate::cache::entry::MAX_ENTRY;
use crate::cache::fs;
use crate::cache::slot::Slot;

/// Folder below the root; another layout gets another name.
pub(super) const VERSION: &str = "v1";

/// Whose files are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owners {
    /// This user's own.
    User,
    /// The system administrator's as well, who installs what others use and can change everything anyway.
    UserOrRoot,
}

impl Owners {
    fn trust(self, owner: u32) -> bool {
        self.trust_for(rustix::process::geteuid().as_raw(), owner)
    }

    fn trust_for(self, user: u32, owner: u32) -> bool {
        owner == user || self == Owners::UserOrRoot && owner == 0
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

/// Why a folder is not used.
#[derive(Debug)]
pub(super) struct Unusable {
    /// Whether there is none.
    pub(super) is_absent: bool,
    why: String,
}

impl Unusable {
    pub(super) fn absent(why: impl Into<String>) -> Self {
        Unusable { is_absent: true, why: why.into() }
    }

    pub(super) fn because(why: impl Into<String>) -> Self {
        Unusable { is_absent: false, why: why.into() }
    }
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

/// Opens a root and checks that only this user can change what is in it.
pub(super) fn open_root(root: &Path, create: bool) -> Result<OwnedFd, Unusable> {
    // Looked for before it is made: most often it is there, and perhaps it can only be read.
    let opened = match fs::open_root(root) {
        Err(Errno::NOENT) if create => {
            fs::make_root(root).map_err(|error| failed("cannot make the folder", root, error))?;
            fs::open_root(root)
        }
        other => other,
    };
    checked(opened.map_err(|error| failed("cannot open the folder", root, error))?, "", root, Owners::User)
}

/// Opens a root that is not the cache's own, and must not be a link.
pub(super) fn open_further_root(root: &Path, owners: Owners) -> Result<OwnedFd, Unusable> {
    let opened = fs::open_root_itself(root).map_err(|error| match error {
        Errno::LOOP | Errno::NOTDIR => Unusable::because(format!(
            "will not use the folder '{}': it is a link, or no folder",
            root.display()
        )),
        error => failed("cannot open the folder", root, error),
    });
    checked(opened?, "", root, owners)
}

/// The same for a folder below an open one, which belongs to `root`.
pub(super) fn open_below(
    dir: &OwnedFd,
    folder: &str,
    root: &Path,
    owners: Owners,
    create: bool,
) -> Result<OwnedFd, Unusable> {
    let open = || fs::open(dir, folder, fs::FOLDER | OFlags::NOFOLLOW);
    let opened = match open() {
        Err(Errno::NOENT) if create => fs::make_folder(dir, folder).and_then(|_| open()),
        other => other,
    };
    let opened =
        opened.map_err(|error| failed(&format!("cannot open {folder} in the folder"), root, error))?;
    checked(opened, &format!("{folder} in "), root, owners)
}

fn checked(dir: OwnedFd, what: &str, root: &Path, owners: Owners) -> Result<OwnedFd, Unusable> {
    match check_folder(&dir, owners) {
        Ok(()) => Ok(dir),
        Err(why) => {
            Err(Unusable::because(format!("will not use {what}the folder '{}': {why}", root.display())))
        }
    }
}

fn failed(what: &str, root: &Path, error: Errno) -> Unusable {
    let why = format!("{what} '{}': {error}", root.display());
    Unusable { is_absent: error == Errno::NOENT, why }
}

/// Whether a folder belongs to who may own it, and nobody else can change what is in it; if not, why.
pub(super) fn check_folder(fd: &OwnedFd, owners: Owners) -> Result<(), String> {
    let stat = fs::stat(fd).map_err(|error| error.to_string())?;
    if !owners.trust(stat.st_uid) {
        return Err("it belongs to another user".to_owned());
    }
    if stat.st_mode & 0o022 != 0 {
        return Err("other users can write to it".to_owned());
    }
    Ok(())
}

fn check_file(stat: &Stat, owners: Owners) -> Result<(), ReadError> {
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(ReadError::Untrusted("it is not a regular file"));
    }
    if !owners.trust(stat.st_uid) {
        return Err(ReadError::Untrusted("it belongs to another user"));
    }
    if stat.st_mode & 0o022 != 0 {
        return Err(ReadError::Untrusted("other users can write to it"));
    }
    Ok(())
}

/// Opens an entry and lets `read` take what it wants from the handle, given what the file is and its size.
/// `None` from it means that the file is not what it was. A file that went stale, or a disk that failed, gets
/// a second chance.
pub(super) fn read_entry<T>(
    dir: &OwnedFd,
    slot: &Slot,
    owners: Owners,
    mut read: impl FnMut(&OwnedFd, &Stat, u64) -> Result<Option<T>, Errno>,
) -> Result<T, ReadError> {
    let mut once = || -> Result<T, ReadError> {
        let (fd, stat, size) = open_entry(dir, slot, owners)?;
        read(&fd, &stat, size).map_err(ReadError::System)?.ok_or(ReadError::Missing)
    };
    match once() {
        Err(ReadError::System(Errno::STALE | Errno::IO)) => once(),
        other => other,
    }
}

fn open_entry(dir: &OwnedFd, slot: &Slot, owners: Owners) -> Result<(OwnedFd, Stat, u64), ReadError> {
    let fd = match fs::open(dir, &slot.path(), fs::READ) {
        Ok(fd) => fd,
        Err(Errno::NOENT | Errno::NOTDIR) => return Err(ReadError::Missing),
        Err(Errno::LOOP) => return Err(ReadError::Untrusted("it is a symbolic link")),
        Err(error) => return Err(ReadError::System(error)),
    };
    let stat = fs::stat(&fd).map_err(ReadError::System)?;
    check_file(&stat, owners)?;
    let size = u64::try_from(stat.st_size).map_err(|_| ReadError::TooLong)?;
    if size > MAX_ENTRY {
        return Err(ReadError::TooLong);
    }
    Ok((fd, stat, size))
}

/// Reads a file of `size` bytes; `None` if it shrank meanwhile: no authentication code would fit.
pub(super) fn read_all(fd: &OwnedFd, size: u64) -> Result<Option<Vec<u8>>, Errno> {
    let mut bytes = Vec::new();
    fs::read_whole(fd, size as usize, &mut bytes)?;
    Ok((bytes.len() == size as usize).then_some(bytes))
}

/// The file of an entry, to be shown to people.
pub(super) fn shown_path(root: &Path, scope: Option<&str>, slot: &Slot) -> PathBuf {
    let version = root.join(VERSION);
    scope.iter().fold(version, |path, scope| path.join(scope)).join(slot.path())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_root_are_trusted_only_where_that_is_asked_for() {
        for (user, owner, own, also_roots) in [
            (1000, 1000, true, true),
            (1000, 0, false, true),
            (1000, 1001, false, false),
            (0, 1000, false, false),
        ] {
            assert_eq!(Owners::User.trust_for(user, owner), own, "{user} {owner}");
            assert_eq!(Owners::UserOrRoot.trust_for(user, owner), also_roots, "{user} {owner}");
        }
    }
}
