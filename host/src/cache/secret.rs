//! The user's secret, under which entries are sealed: file or random bytes → key.
//!
//! 32 random bytes in a file of mode 0600 outside the cache folder, so that somebody who can write the
//! cache (a shared disk, a restored backup, a CI artifact) still cannot make an entry that this user
//! loads. Losing it costs one compilation of everything and nothing else. A secret that others could read
//! is replaced.

use std::fmt;
use std::io::{self, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags};
use rustix::io::Errno;

const MAC_CONTEXT: &str = "ovenbird 2026-11 entry mac v1";
const ID_CONTEXT: &str = "ovenbird 2026-11 secret id v1";
const LEN: usize = 32;
/// Processes that start together may take turns at creating the file.
const ATTEMPTS: usize = 4;

/// A user's secret. Its `Debug` does not show it.
#[derive(Clone)]
pub struct Secret([u8; LEN]);

/// The key of the authentication codes, derived from a [`Secret`].
#[derive(Clone)]
pub struct MacKey {
    key: [u8; LEN],
    id: [u8; 8],
}

impl Secret {
    /// A secret that an embedder keeps elsewhere. Whoever knows it can make native code that this
    /// process loads and runs outside the sandbox, so it must be random and private.
    pub fn from_bytes(bytes: [u8; LEN]) -> Self {
        Secret(bytes)
    }

    /// A secret for this process only.
    pub fn random() -> io::Result<Self> {
        let mut bytes = [0; LEN];
        getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
        Ok(Secret(bytes))
    }

    /// The secret in the file `path`, made if it is missing, damaged, or readable by others.
    pub fn load_or_create(path: &Path) -> io::Result<Self> {
        for _ in 0..ATTEMPTS {
            match read(path) {
                Ok(secret) => return Ok(secret),
                Err(Problem::Missing) => create(path, false)?,
                Err(Problem::Unusable) => create(path, true)?,
                Err(Problem::Io(error)) => return Err(error),
            }
        }
        Err(io::Error::other("cannot make a secret that stays"))
    }

    /// The bytes, for a key of another kind.
    pub(crate) fn into_bytes(self) -> [u8; LEN] {
        self.0
    }

    /// The key for authentication codes.
    pub(crate) fn mac_key(&self) -> MacKey {
        let mut id = [0; 8];
        id.copy_from_slice(&blake3::derive_key(ID_CONTEXT, &self.0)[..8]);
        MacKey { key: blake3::derive_key(MAC_CONTEXT, &self.0), id }
    }
}

impl MacKey {
    pub(crate) fn bytes(&self) -> &[u8; LEN] {
        &self.key
    }

    /// Says which secret sealed an entry, without saying anything about it.
    pub(crate) fn id(&self) -> [u8; 8] {
        self.id
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl fmt::Debug for MacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MacKey(…)")
    }
}

enum Problem {
    Missing,
    Unusable,
    Io(io::Error),
}

fn read(path: &Path) -> Result<Secret, Problem> {
    // Not blocking: the name may be a FIFO.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let fd = match rustix::fs::openat(CWD, path, flags, Mode::empty()) {
        Ok(fd) => fd,
        Err(Errno::NOENT) => return Err(Problem::Missing),
        Err(Errno::LOOP) => return Err(Problem::Unusable),
        Err(error) => return Err(Problem::Io(error.into())),
    };
    let stat = rustix::fs::fstat(&fd).map_err(|error| Problem::Io(error.into()))?;
    let private = stat.st_mode & 0o077 == 0 && stat.st_uid == rustix::process::geteuid().as_raw();
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile
        || !private
        || stat.st_size != LEN as i64
    {
        return Err(Problem::Unusable);
    }
    let mut bytes = [0; LEN];
    std::fs::File::from(fd).read_exact(&mut bytes).map_err(Problem::Io)?;
    Ok(Secret(bytes))
}

/// Puts a new secret at `path`, complete from the first moment that it can be seen. Unless `replace`, a
/// file that another process put there meanwhile stays.
fn create(path: &Path, replace: bool) -> io::Result<()> {
    let folder = path.parent().ok_or_else(|| io::Error::other("the secret's path has no folder"))?;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let Secret(bytes) = Secret::random()?;
    let Secret(name) = Secret::random()?;
    let temporary = folder.join(format!(".secret-{}", super::key::hex(&name[..8])));
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let fd: OwnedFd = rustix::fs::openat(CWD, &temporary, flags, Mode::from_raw_mode(0o600))?;
    let written = std::fs::File::from(fd).write_all(&bytes);
    let placed = written.and_then(|()| place(&temporary, path, replace));
    if placed.is_err() || !replace {
        // After `linkat` the temporary name is still there; after `renameat` it is not.
        let _ = rustix::fs::unlinkat(CWD, &temporary, AtFlags::empty());
    }
    placed
}

fn place(temporary: &Path, path: &Path, replace: bool) -> io::Result<()> {
    if replace {
        return Ok(rustix::fs::renameat(CWD, temporary, CWD, path)?);
    }
    match rustix::fs::linkat(CWD, temporary, CWD, path, AtFlags::empty()) {
        Ok(()) | Err(Errno::EXIST) => Ok(()),
        // A file system without hard links: the last writer wins, and the others read its secret next time.
        Err(_) => Ok(rustix::fs::renameat(CWD, temporary, CWD, path)?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("exists").permissions().mode() & 0o7777
    }

    #[test]
    fn made_once_and_kept() {
        let folder = tempfile::tempdir().expect("temp");
        let path = folder.path().join("new/secret");
        let first = Secret::load_or_create(&path).expect("made");
        let second = Secret::load_or_create(&path).expect("read");
        assert_eq!(first.0, second.0);
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(&folder.path().join("new")), 0o700);
        assert_eq!(
            fs::read_dir(folder.path().join("new")).expect("list").count(),
            1,
            "no temporary file left"
        );
    }

    #[test]
    fn readable_by_others_or_damaged_is_replaced() {
        let folder = tempfile::tempdir().expect("temp");
        let path = folder.path().join("secret");
        let first = Secret::load_or_create(&path).expect("made");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("chmod");
        let second = Secret::load_or_create(&path).expect("replaced");
        assert_ne!(first.0, second.0);
        fs::write(&path, b"short").expect("write");
        let third = Secret::load_or_create(&path).expect("replaced");
        assert_ne!(second.0, third.0);
        assert_eq!(mode(&path), 0o600);
    }

    #[test]
    fn a_symlink_is_not_followed() {
        let folder = tempfile::tempdir().expect("temp");
        let target = folder.path().join("target");
        fs::write(&target, [9; 32]).expect("write");
        fs::set_permissions(&target, fs::Permissions::from_mode(0o600)).expect("chmod");
        let path = folder.path().join("secret");
        std::os::unix::fs::symlink(&target, &path).expect("link");
        assert_ne!(Secret::load_or_create(&path).expect("made").0, [9; 32]);
        assert_eq!(fs::read(&target).expect("read"), [9; 32]);
    }

    #[test]
    fn many_at_once_agree() {
        let folder = tempfile::tempdir().expect("temp");
        let path = folder.path().join("secret");
        let secrets: Vec<Secret> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..16).map(|_| scope.spawn(|| Secret::load_or_create(&path))).collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic").expect("made")).collect()
        });
        assert!(secrets.iter().all(|secret| secret.0 == secrets[0].0));
    }
}
