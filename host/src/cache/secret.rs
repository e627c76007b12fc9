//! The user's secret, under which entries are sealed: file or random bytes → key.
//!
//! 32 random bytes in a file of mode 0600 outside the cache folder, so that somebody who can write the
//! cache (a shared disk, a restored backup, a CI artifact) still cannot make an entry that this user
//! loads. Losing it costs one compilation of everything and nothing else. A secret that others could read
//! is replaced.

use std::fmt;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::FileType;
use rustix::io::Errno;

use crate::cache::fs;
use crate::cache::scope::Scope;

const MAC_CONTEXT: &str = "ovenbird 2026-11 entry mac v1";
const ID_CONTEXT: &str = "ovenbird 2026-11 secret id v1";
const SCOPE_CONTEXT: &str = "ovenbird 2026-11 scope v1";
const SCOPE_NAMES_CONTEXT: &str = "ovenbird 2026-11 names in a scope v1";
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

    /// The secret in the file `path`, for those who store nothing: it must be there.
    pub fn load(path: &Path) -> io::Result<Self> {
        read(path).map_err(|problem| match problem {
            Problem::Missing => io::Error::from(io::ErrorKind::NotFound),
            Problem::Unusable => io::Error::other("others can read it, or it is no secret"),
            Problem::Io(error) => error,
        })
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

    /// The secret of a scope: whoever knows one scope's, and its name, learns nothing of another's.
    pub(crate) fn for_scope(&self, scope: &Scope) -> Secret {
        let mut hasher = blake3::Hasher::new_keyed(&blake3::derive_key(SCOPE_CONTEXT, &self.0));
        hasher.update(&(scope.name().len() as u64).to_le_bytes());
        hasher.update(scope.name().as_bytes());
        if let Some(Secret(own)) = scope.own_secret() {
            hasher.update(own);
        }
        Secret(*hasher.finalize().as_bytes())
    }

    /// What turns keys into the names of files within a scope, so that a name says nothing to those who
    /// do not have the secret.
    pub(crate) fn name_key(&self) -> [u8; LEN] {
        blake3::derive_key(SCOPE_NAMES_CONTEXT, &self.0)
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
    let failed = |error: Errno| match error {
        Errno::NOENT => Problem::Missing,
        Errno::LOOP => Problem::Unusable,
        error => Problem::Io(error.into()),
    };
    let (folder, name) = parts(path).map_err(Problem::Io)?;
    let dir = fs::open_root(folder).map_err(failed)?;
    let fd = fs::open(&dir, name, fs::READ).map_err(failed)?;
    let stat = fs::stat(&fd).map_err(failed)?;
    let private = stat.st_mode & 0o077 == 0 && stat.st_uid == rustix::process::geteuid().as_raw();
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile
        || !private
        || stat.st_size != LEN as i64
    {
        return Err(Problem::Unusable);
    }
    let mut bytes = [0; LEN];
    match fs::read(&fd, &mut bytes).map_err(failed)? {
        LEN => Ok(Secret(bytes)),
        _ => Err(Problem::Unusable),
    }
}

/// Puts a new secret at `path`, complete from the first moment that it can be seen. Unless `replace`, a
/// file that another process put there meanwhile stays.
fn create(path: &Path, replace: bool) -> io::Result<()> {
    let (folder, name) = parts(path)?;
    fs::make_root(folder)?;
    let dir = fs::open_root(folder)?;
    let Secret(bytes) = Secret::random()?;
    let Secret(random) = Secret::random()?;
    let temporary = format!(".secret-{}", super::key::hex(&random[..8]));
    let fd = fs::create(&dir, &temporary, fs::CREATE_NEW, 0o600)?;
    let placed = fs::write(&fd, &bytes).and_then(|()| place(&dir, &temporary, name, replace));
    if placed.is_err() || !replace {
        // After `link` the temporary name is still there; after `rename` it is not.
        let _ = fs::unlink(&dir, &temporary);
    }
    Ok(placed?)
}

fn place(dir: &OwnedFd, temporary: &str, name: &str, replace: bool) -> Result<(), Errno> {
    if replace {
        return fs::rename(dir, temporary, name);
    }
    match fs::link(dir, temporary, name) {
        Ok(()) | Err(Errno::EXIST) => Ok(()),
        // A file system without hard links: the last writer wins, and the others read its secret next time.
        Err(_) => fs::rename(dir, temporary, name),
    }
}

/// The folder and the name in it.
fn parts(path: &Path) -> io::Result<(&Path, &str)> {
    let folder =
        path.parent().map(|folder| if folder.as_os_str().is_empty() { Path::new(".") } else { folder });
    let name = path.file_name().and_then(|name| name.to_str());
    folder.zip(name).ok_or_else(|| io::Error::other("the secret's path does not name a file"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::faults::{self, Plan};
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("exists").permissions().mode() & 0o7777
    }

    /// Without the length of the name in `for_scope`: who may choose a name chooses that of another and his secret.
    #[test]
    fn a_name_is_no_other_name_and_its_secret() {
        let user = Secret::from_bytes([1; LEN]);
        let letters = "b".repeat(LEN);
        let other = user.for_scope(&Scope::new("a").secret(Secret::from_bytes([b'b'; LEN])));
        assert_ne!(user.for_scope(&Scope::new(format!("a{letters}"))).0, other.0);
        assert_ne!(user.for_scope(&Scope::new("a")).0, other.0);
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
        fs::write(&path, [9; LEN + 1]).expect("write");
        assert_ne!(Secret::load_or_create(&path).expect("replaced").0, [9; LEN], "longer than a secret");
        assert_eq!(mode(&path), 0o600);
    }

    #[test]
    fn one_of_somebody_else_is_replaced() {
        let folder = tempfile::tempdir().expect("temp");
        let path = folder.path().join("secret");
        fs::write(&path, [9; LEN]).expect("write");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("chmod");
        assert_eq!(Secret::load(&path).expect("it is ours").0, [9; LEN]);
        let uid = rustix::process::geteuid().as_raw() + 1;
        let foreign = || Plan::Owner { uid, skip: 0, times: 1 };
        faults::with(foreign(), || assert!(Secret::load(&path).is_err()));
        faults::with(foreign(), || {
            assert_ne!(Secret::load_or_create(&path).expect("replaced").0, [9; LEN]);
        });
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
