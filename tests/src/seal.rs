//! Entries of the cache as ARCHITECTURE.md describes them, byte by byte: taken apart, and sealed again by
//! somebody who has the secret. Written from the description and not from the code, so that the two are
//! checked against each other. It is how tests make entries that are authentic and wrong.

use std::ops::Range;
use std::path::Path;

/// Bytes of the footer.
const FOOTER: usize = 64;
/// Bytes of the authentication code, the last of the footer.
const CODE: usize = 32;
/// In the upper byte of the kind: long runs of zeros are left out of the payload.
pub const THIN: u8 = 2;
/// Most bytes of an entry.
const MOST: u64 = 256 << 20;

/// A valid entry, taken apart.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The 32-byte key that it is stored under.
    pub key: [u8; 32],
    /// What it holds, with all zeros.
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
        let head: [u8; 16] = footer[..16].try_into().expect("sixteen bytes");
        let stored = &bytes[..payload];
        let payload = if head[7] & THIN == 0 { Some(stored.to_vec()) } else { expand(stored) };
        Entry {
            key,
            payload: payload.expect("the zeros fit"),
            trailer: bytes[start..start + trailer].to_vec(),
            head,
        }
    }

    /// The same with all its zeros in the file.
    pub fn plain(mut self) -> Entry {
        self.head[7] &= !THIN;
        self
    }

    /// What is in the file for the payload.
    pub fn stored(&self) -> Vec<u8> {
        if self.head[7] & THIN == 0 { self.payload.clone() } else { thin(&self.payload) }
    }

    /// The file's bytes, sealed under a user's secret.
    pub fn seal(&self, secret: [u8; 32]) -> Vec<u8> {
        self.seal_stored(&self.stored(), secret)
    }

    /// The same with these bytes in the payload's place.
    pub fn seal_stored(&self, stored: &[u8], secret: [u8; 32]) -> Vec<u8> {
        let mut bytes = stored.to_vec();
        bytes.resize(stored.len().next_multiple_of(16), 0);
        bytes.extend_from_slice(&self.trailer);
        bytes.extend_from_slice(&self.head);
        bytes.extend_from_slice(&(stored.len() as u64).to_le_bytes());
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

/// A payload without its runs of 64 and more zeros.
fn thin(payload: &[u8]) -> Vec<u8> {
    let mut bytes = (payload.len() as u64).to_le_bytes().to_vec();
    let mut rest = payload;
    while !rest.is_empty() {
        let run_at = |at: &usize| rest.len() - at >= 64 && rest[*at..at + 64].iter().all(|byte| *byte == 0);
        let kept = (0..rest.len()).find(run_at).unwrap_or(rest.len());
        let zeros = rest[kept..].iter().take_while(|byte| **byte == 0).count();
        bytes.extend_from_slice(&(kept as u32).to_le_bytes());
        bytes.extend_from_slice(&rest[..kept]);
        bytes.extend_from_slice(&(zeros as u32).to_le_bytes());
        rest = &rest[kept + zeros..];
    }
    bytes
}

/// The payload with all its zeros; `None` if this is not the form of one.
pub fn expand(stored: &[u8]) -> Option<Vec<u8>> {
    let mut at = 0;
    let mut take = |len: usize| {
        let taken = stored.get(at..at + len);
        at += len;
        taken
    };
    let len = u64::from_le_bytes(take(8)?.try_into().ok()?);
    let mut payload = Vec::new();
    let mut left = stored.len() - 8;
    while left > 0 {
        let kept = u32::from_le_bytes(take(4)?.try_into().ok()?) as usize;
        payload.extend_from_slice(take(kept)?);
        let zeros = u32::from_le_bytes(take(4)?.try_into().ok()?) as usize;
        let whole = payload.len() + zeros;
        if whole as u64 > len.min(MOST) {
            return None;
        }
        payload.resize(whole, 0);
        left -= 8 + kept;
    }
    (payload.len() as u64 == len).then_some(payload)
}

/// Replaces a file, also one that may only be read, by a new one that only its owner can read.
pub fn replace(path: &Path, bytes: &[u8]) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::remove_file(path).expect("the entry can be removed");
    std::fs::write(path, bytes).expect("the entry can be written");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).expect("permissions");
}
