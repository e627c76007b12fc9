//! Entries of the cache as ARCHITECTURE.md describes them, byte by byte: taken apart, and sealed again by
//! somebody who has the secret. Written from the description and not from the code, so that the two are
//! checked against each other. It is how tests make entries that are authentic and wrong.

use std::ops::Range;
use std::path::Path;

/// Bytes of the footer.
const FOOTER: usize = 64;
/// Bytes of the authentication code, the last of the footer.
const CODE: usize = 32;

/// A valid entry, taken apart.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The 32-byte key that it is stored under.
    pub key: [u8; 32],
    /// What it holds.
    pub payload: Vec<u8>,
    /// What it says about itself.
    pub trailer: Vec<u8>,
    /// Magic, format, kind and the secret's id, as they were.
    pub head: [u8; 16],
}

impl Entry {
    /// Takes a file apart; the key is its name.
    pub fn read(path: &Path) -> Entry {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let mut key = [0; 32];
        for (byte, at) in key.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(&name[at..at + 2], 16).expect("a key in hexadecimal digits");
        }
        let bytes = std::fs::read(path).expect("the entry can be read");
        let footer = &bytes[bytes.len() - FOOTER..];
        assert_eq!(&footer[..4], b"OVBD");
        let length = |range: Range<usize>| {
            usize::try_from(u64::from_le_bytes(footer[range].try_into().expect("eight bytes")))
                .expect("a length")
        };
        let (payload, trailer) = (length(16..24), length(24..32));
        let start = payload.next_multiple_of(16);
        assert_eq!(start + trailer + FOOTER, bytes.len());
        Entry {
            key,
            payload: bytes[..payload].to_vec(),
            trailer: bytes[start..start + trailer].to_vec(),
            head: footer[..16].try_into().expect("sixteen bytes"),
        }
    }

    /// The file's bytes, sealed under a user's secret.
    pub fn seal(&self, secret: [u8; 32]) -> Vec<u8> {
        let mut bytes = self.payload.clone();
        bytes.resize(self.payload.len().next_multiple_of(16), 0);
        bytes.extend_from_slice(&self.trailer);
        bytes.extend_from_slice(&self.head);
        bytes.extend_from_slice(&(self.payload.len() as u64).to_le_bytes());
        bytes.extend_from_slice(&(self.trailer.len() as u64).to_le_bytes());
        let mut hasher =
            blake3::Hasher::new_keyed(&blake3::derive_key("ovenbird 2026-11 entry mac v1", &secret));
        hasher.update(&self.key);
        hasher.update(&bytes);
        let code = hasher.finalize();
        assert_eq!(code.as_bytes().len(), CODE);
        bytes.extend_from_slice(code.as_bytes());
        bytes
    }

    /// Puts it where it was, sealed again.
    pub fn plant(&self, path: &Path, secret: [u8; 32]) {
        replace(path, &self.seal(secret));
    }
}

/// Replaces a file, also one that may only be read, by a new one that only its owner can read.
pub fn replace(path: &Path, bytes: &[u8]) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::remove_file(path).expect("the entry can be removed");
    std::fs::write(path, bytes).expect("the entry can be written");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).expect("permissions");
}
