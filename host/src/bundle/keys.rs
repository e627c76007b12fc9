//! Signing keys in files: name ↔ `<folder>/<name>.key` (secret, mode 0600) and `<name>.pub`.
//!
//! A secret key that others could read or replace is refused with an error. Unlike the cache's secret it is
//! never made silently: whoever trusts its public half would notice only by refusals.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use ed25519_dalek::SigningKey;
use rustix::fs::{CWD, FileType, Mode, OFlags};

use super::trust::{PublicKey, unhex};
use crate::cache::Secret;
use crate::cache::key::hex;

/// What a secret key's file begins with.
const HEADER: &str = "ovenbird-secret-key ed25519:";
const MAX_FILE: u64 = 4096;

/// A key that bundles are signed with. Its `Debug` does not show it.
#[derive(Clone)]
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// A key that an embedder keeps elsewhere.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        SecretKey(SigningKey::from_bytes(&bytes))
    }

    /// A new key.
    pub fn random() -> io::Result<Self> {
        Ok(Self::from_bytes(Secret::random()?.into_bytes()))
    }

    /// Its public half.
    pub fn public(&self) -> PublicKey {
        PublicKey::from(&self.0.verifying_key())
    }

    pub(crate) fn signing(&self) -> &SigningKey {
        &self.0
    }

    /// Makes a key and both of its files. Never replaces one.
    pub fn create(folder: &Path, name: &str) -> io::Result<Self> {
        let (secret, public) = (file(folder, name, "key")?, file(folder, name, "pub")?);
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let key = Self::random()?;
        let new = |mode| fs::OpenOptions::new().write(true).create_new(true).mode(mode).clone();
        new(0o600).open(secret)?.write_all(format!("{HEADER}{}\n", hex(&key.0.to_bytes())).as_bytes())?;
        new(0o644).open(public)?.write_all(format!("{} {name}\n", key.public()).as_bytes())?;
        Ok(key)
    }

    /// Reads a secret key.
    pub fn load(path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let fd = rustix::fs::openat(CWD, path, flags, Mode::empty())?;
        let stat = rustix::fs::fstat(&fd)?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(io::Error::other("it is not a regular file"));
        }
        if stat.st_uid != rustix::process::geteuid().as_raw() || stat.st_mode & 0o077 != 0 {
            return Err(io::Error::other("others can read or write it; its mode must be 0600"));
        }
        let mut text = String::new();
        fs::File::from(fd).take(MAX_FILE).read_to_string(&mut text)?;
        let digits = text.trim_end().strip_prefix(HEADER).and_then(unhex);
        digits.map(Self::from_bytes).ok_or_else(|| io::Error::other("it is not a secret key"))
    }
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SecretKey({})", self.public())
    }
}

/// The names of the keys in a folder, sorted.
pub fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let names = entries.filter_map(|entry| {
        let name = entry.ok()?.file_name().into_string().ok()?;
        name.strip_suffix(".key").map(str::to_owned)
    });
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

/// Path of a key's file.
pub fn file(folder: &Path, name: &str, extension: &str) -> io::Result<PathBuf> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@');
    if name.is_empty() || name.len() > 100 || name.starts_with('.') || !name.chars().all(plain) {
        return Err(io::Error::other("a key's name is letters, digits and -_.@"));
    }
    Ok(folder.join(format!("{name}.{extension}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn made_once_private_and_read_back() {
        let folder = tempfile::tempdir().expect("temp");
        let keys = folder.path().join("keys");
        let key = SecretKey::create(&keys, "ci").expect("made");
        let path = keys.join("ci.key");
        assert_eq!(fs::metadata(&path).expect("exists").permissions().mode() & 0o777, 0o600);
        assert_eq!(SecretKey::load(&path).expect("read").public(), key.public());
        let public = keys.join("ci.pub").display().to_string();
        assert_eq!(PublicKey::read(&public), Ok(key.public()));
        assert_eq!(PublicKey::read(&key.public().to_string()), Ok(key.public()));
        assert!(SecretKey::create(&keys, "ci").is_err(), "never replaced");
        assert_eq!(names(&keys), ["ci"]);
        assert!(!format!("{key:?}").contains(&hex(&key.0.to_bytes())));
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().expect("temp");
        SecretKey::create(folder.path(), "ci").expect("made");
        let path = folder.path().join("ci.key");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("chmod");
        assert!(SecretKey::load(&path).is_err());
        let link = folder.path().join("link.key");
        std::os::unix::fs::symlink(&path, &link).expect("link");
        assert!(SecretKey::load(&link).is_err());
    }

    #[test]
    fn names_do_not_leave_the_folder() {
        for name in ["", "../x", "a/b", ".hidden", "a b"] {
            assert!(SecretKey::create(Path::new("."), name).is_err(), "{name}");
        }
    }
}
