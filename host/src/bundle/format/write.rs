//! Manifest, blobs and keys → bytes of a bundle. The way back of `format`.

use ed25519_dalek::{Signer as _, SigningKey};

use super::{
    FORMAT, HEADER, MAX_BUNDLE, MAX_MANIFEST, MAX_SIGNATURES, Purpose, SIGNATURE, digest, statement,
};

const ZSTD_LEVEL: i32 = 9;

impl Purpose {
    /// A record of the remote tier; its content lies elsewhere, so it has no blobs.
    pub(crate) const RECORD: Purpose =
        Purpose { magic: b"OVENRECD", context: "ovenbird 2026-11 remote record v1" };
}

/// A blob as it lies in a bundle: zstd, because native code for ARM is mostly padding. `None` if it cannot
/// be compressed.
pub(crate) fn pack(bytes: &[u8]) -> Option<Vec<u8>> {
    zstd::bulk::compress(bytes, ZSTD_LEVEL).ok()
}

/// Puts a bundle together. The same input gives the same bytes. `None` if it would be too large.
pub(crate) fn seal(
    purpose: Purpose,
    manifest: &[u8],
    blobs: &[&[u8]],
    keys: &[&SigningKey],
) -> Option<Vec<u8>> {
    let length = blobs.iter().try_fold(0_usize, |sum, blob| sum.checked_add(blob.len()))?;
    let mut bytes = head(purpose, manifest, length, keys)?;
    bytes.reserve_exact(length);
    blobs.iter().for_each(|blob| bytes.extend_from_slice(blob));
    Some(bytes)
}

/// All of a bundle but its blobs, which are so long together. `None` if the whole would be too large.
pub(crate) fn head(
    purpose: Purpose,
    manifest: &[u8],
    length: usize,
    keys: &[&SigningKey],
) -> Option<Vec<u8>> {
    let total = (HEADER + keys.len() * SIGNATURE).checked_add(manifest.len())?.checked_add(length)?;
    if total > MAX_BUNDLE || manifest.len() > MAX_MANIFEST || keys.len() > MAX_SIGNATURES {
        return None;
    }
    let digest = digest(purpose, manifest, length);
    let statement = statement(&digest);
    let mut signatures: Vec<[u8; SIGNATURE]> = keys.iter().map(|key| sign(key, &statement)).collect();
    signatures.sort_unstable();
    signatures.dedup();
    let mut bytes = Vec::with_capacity(total - length);
    bytes.extend_from_slice(purpose.magic);
    bytes.extend_from_slice(&FORMAT.to_le_bytes());
    bytes.extend_from_slice(&(signatures.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&(manifest.len() as u64).to_le_bytes());
    bytes.extend_from_slice(&(length as u64).to_le_bytes());
    bytes.extend_from_slice(&digest);
    signatures.iter().for_each(|record| bytes.extend_from_slice(record));
    bytes.extend_from_slice(manifest);
    Some(bytes)
}

/// A key and its signature of a statement. ed25519 is deterministic.
fn sign(key: &SigningKey, statement: &[u8]) -> [u8; SIGNATURE] {
    let mut record = [0; SIGNATURE];
    record[..32].copy_from_slice(key.verifying_key().as_bytes());
    record[32..].copy_from_slice(&key.sign(statement).to_bytes());
    record
}
