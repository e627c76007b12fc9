//! Bytes of a bundle → manifest, signatures and blobs. Knows nothing of what they mean.
//! `format/write.rs` is the way back.
//!
//! ```text
//! header (64 bytes): "OVENBNDL" | format u32 = 4 | signatures u32 | manifest length u64 | blobs length u64 | digest 32
//! signatures, 96 bytes each, ascending by key: public key 32 | ed25519 signature 64
//! manifest
//! blobs, one after the other, in the order of the manifest's table
//! ```
//!
//! Little-endian, no padding, nothing after the last blob. The digest is of format, lengths and manifest, and is what is
//! signed; the manifest holds the digest of every blob. So every byte is covered except the
//! signatures themselves, also where there are none: then the digest proves nothing against people, who can make
//! another, but what was damaged is noticed. Any bytes are accepted as input: all lengths are compared with the size of the
//! input before anything is allocated.

use std::fmt;
use std::ops::Range;

use ed25519_dalek::{Signature, VerifyingKey};

use crate::key::Digest;

#[cfg(feature = "compiler")]
mod write;
#[cfg(feature = "compiler")]
pub(crate) use write::{head, pack, seal};

const FORMAT: u32 = 4;
const HEADER: usize = 64;
const SIGNATURE: usize = 96;
/// What a signature says, before the digest that it is about.
const STATEMENT: &[u8] = b"ovenbird 2026-11 bundle v1\0";
const BLOB_CONTEXT: &str = "ovenbird 2026-11 bundle blob v1";

/// Largest bundle.
pub const MAX_BUNDLE: usize = 1 << 30;
/// Largest manifest.
pub(crate) const MAX_MANIFEST: usize = 16 << 20;
/// Largest blob, unpacked: no more than an entry of the cache can be.
pub(crate) const MAX_BLOB: u64 = 256 << 20;
/// Most signatures.
const MAX_SIGNATURES: usize = 16;

/// What is signed: no signature of one purpose is one of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Purpose {
    magic: &'static [u8; 8],
    context: &'static str,
}

impl Purpose {
    /// A bundle.
    pub(crate) const BUNDLE: Purpose =
        Purpose { magic: b"OVENBNDL", context: "ovenbird 2026-11 bundle manifest v1" };
}

/// Why bytes are no bundle. Nothing in them was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadBundle {
    /// Not a bundle, or of a format that this version does not know.
    Format,
    /// The lengths do not add up to the size, or are beyond the limits.
    Length,
    /// Manifest or header are not those that the digest is of.
    Digest,
    /// A signature does not fit: the digest was made anew, or the signature altered.
    Signature,
    /// What the manifest says cannot be, or is not written as it has to be.
    Manifest(String),
    /// A blob is not what the manifest says.
    Blob(usize),
}

impl fmt::Display for BadBundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadBundle::Format => f.write_str("it is not a bundle of a format that this version reads"),
            BadBundle::Length => f.write_str("its lengths do not fit its size"),
            BadBundle::Digest => f.write_str("its digest does not fit: it was altered"),
            BadBundle::Signature => f.write_str("a signature does not fit: it was altered"),
            BadBundle::Manifest(what) => write!(f, "its manifest is wrong: {what}"),
            BadBundle::Blob(number) => write!(f, "blob {number} is not what was signed: it was altered"),
        }
    }
}

impl std::error::Error for BadBundle {}

/// A bundle taken apart. Its signatures fit; whose they are, and whether the blobs are right, is not known.
#[derive(Debug)]
pub(crate) struct Parts {
    /// Keys whose signatures fit, ascending.
    pub(crate) signers: Vec<VerifyingKey>,
    pub(crate) manifest: Range<usize>,
    pub(crate) blobs: Range<usize>,
}

/// Digest of a blob.
pub(crate) fn blob_digest(blob: &[u8]) -> Digest {
    blake3::derive_key(BLOB_CONTEXT, blob)
}

/// The content of a blob, which must have exactly this size.
pub(crate) fn unpack(blob: &[u8], size: u64) -> Option<Vec<u8>> {
    let size = usize::try_from(size).ok()?;
    zstd::bulk::decompress(blob, size).ok().filter(|bytes| bytes.len() == size)
}

/// Takes a bundle apart and checks its signatures.
pub(crate) fn open(purpose: Purpose, bytes: &[u8]) -> Result<Parts, BadBundle> {
    let header = bytes.get(..HEADER).ok_or(BadBundle::Length)?;
    if header[..8] != *purpose.magic || number(&header[8..12]) != u64::from(FORMAT) {
        return Err(BadBundle::Format);
    }
    let length = |at: Range<usize>| usize::try_from(number(&header[at])).map_err(|_| BadBundle::Length);
    let (count, manifest, blobs) = (length(12..16)?, length(16..24)?, length(24..32)?);
    if count > MAX_SIGNATURES || manifest > MAX_MANIFEST || blobs > MAX_BUNDLE || bytes.len() > MAX_BUNDLE {
        return Err(BadBundle::Length);
    }
    // Within the limits these cannot overflow.
    let start = HEADER + count * SIGNATURE;
    if start + manifest + blobs != bytes.len() {
        return Err(BadBundle::Length);
    }
    let manifest = start..start + manifest;
    let digest = digest(purpose, &bytes[manifest.clone()], blobs);
    if header[32..] != digest {
        return Err(BadBundle::Digest);
    }
    let statement = statement(&digest);
    let mut signers: Vec<VerifyingKey> = Vec::with_capacity(count);
    for record in bytes[HEADER..start].as_chunks::<SIGNATURE>().0 {
        let signer = verify(record, &statement).ok_or(BadBundle::Signature)?;
        if signers.last().is_some_and(|last| last.as_bytes() >= signer.as_bytes()) {
            return Err(BadBundle::Signature);
        }
        signers.push(signer);
    }
    Ok(Parts { signers, blobs: manifest.end..bytes.len(), manifest })
}

/// What the digest in the header is of. Format and length of the manifest are said by themselves today: one format is
/// read, and the manifest is all of the rest. They are in it so that no later format can be taken for this one.
fn digest(purpose: Purpose, manifest: &[u8], blobs: usize) -> Digest {
    let mut hasher = blake3::Hasher::new_derive_key(purpose.context);
    hasher.update(&FORMAT.to_le_bytes());
    hasher.update(&(manifest.len() as u64).to_le_bytes());
    hasher.update(&(blobs as u64).to_le_bytes());
    hasher.update(manifest);
    *hasher.finalize().as_bytes()
}

/// What is signed.
fn statement(digest: &Digest) -> Vec<u8> {
    [STATEMENT, digest].concat()
}

/// The key of a record, if its signature fits. Weak keys and signatures in other than the one form fit
/// nothing.
pub(crate) fn verify(record: &[u8; SIGNATURE], statement: &[u8]) -> Option<VerifyingKey> {
    let (key, signature) = record.split_first_chunk::<32>()?;
    let key = VerifyingKey::from_bytes(key).ok()?;
    let signature = Signature::from_slice(signature).ok()?;
    key.verify_strict(statement, &signature).ok()?;
    Some(key)
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::SigningKey;

    fn key(byte: u8) -> SigningKey {
        SigningKey::from_bytes(&[byte; 32])
    }

    fn sample(keys: &[&SigningKey]) -> Vec<u8> {
        seal(Purpose::BUNDLE, b"manifest", &[b"one", b"", b"three"], keys).expect("small")
    }

    #[test]
    fn what_is_sealed_opens() {
        for keys in [&[][..], &[&key(1)], &[&key(1), &key(2), &key(1)]] {
            let bytes = sample(keys);
            let parts = open(Purpose::BUNDLE, &bytes).expect("valid");
            assert_eq!(&bytes[parts.manifest], b"manifest");
            assert_eq!(&bytes[parts.blobs], b"onethree");
            assert_eq!(parts.signers.len(), keys.len().min(2));
            assert_eq!(bytes, sample(keys), "deterministic");
        }
    }

    #[test]
    fn the_order_of_keys_does_not_matter_and_repeats_are_refused() {
        assert_eq!(sample(&[&key(1), &key(2)]), sample(&[&key(2), &key(1)]));
        let mut bytes = sample(&[&key(1), &key(2)]);
        let (first, second) = (HEADER..HEADER + SIGNATURE, HEADER + SIGNATURE..HEADER + 2 * SIGNATURE);
        let copy = bytes[second].to_vec();
        bytes[first].copy_from_slice(&copy);
        assert_eq!(open(Purpose::BUNDLE, &bytes).err(), Some(BadBundle::Signature));
    }

    /// Without `MAX_SIGNATURES`, or `MAX_MANIFEST`, in `open`: as much is checked and read as somebody likes to write.
    #[test]
    fn more_signatures_or_a_longer_manifest_than_anybody_needs_are_refused() {
        let keys: Vec<SigningKey> = (1..=17).map(key).collect();
        let keys: Vec<&SigningKey> = keys.iter().collect();
        let most = sample(&keys[..16]);
        assert_eq!(open(Purpose::BUNDLE, &most).expect("as many as there may be").signers.len(), 16);
        // One more, in its place.
        let (end, one_more) = (HEADER + 16 * SIGNATURE, sample(&keys[16..]));
        let records = [&most[HEADER..end], &one_more[HEADER..HEADER + SIGNATURE]].concat();
        let mut records: Vec<[u8; SIGNATURE]> = records.as_chunks().0.to_vec();
        records.sort_unstable();
        let mut more = [&most[..HEADER], &records.concat(), &most[end..]].concat();
        more[12..16].copy_from_slice(&17_u32.to_le_bytes());
        assert_eq!(open(Purpose::BUNDLE, &more).err(), Some(BadBundle::Length));

        let mut long = seal(Purpose::BUNDLE, &vec![0; MAX_MANIFEST], &[], &[]).expect("as long as it may be");
        assert!(open(Purpose::BUNDLE, &long).is_ok());
        long.push(0);
        long[16..24].copy_from_slice(&(MAX_MANIFEST as u64 + 1).to_le_bytes());
        let digest = digest(Purpose::BUNDLE, &long[HEADER..], 0);
        long[32..HEADER].copy_from_slice(&digest);
        assert_eq!(open(Purpose::BUNDLE, &long).err(), Some(BadBundle::Length));
    }

    #[test]
    fn a_bundle_is_no_record() {
        let bytes = sample(&[&key(1)]);
        assert_eq!(open(Purpose::RECORD, &bytes).err(), Some(BadBundle::Format));
        let mut renamed = bytes;
        renamed[..8].copy_from_slice(Purpose::RECORD.magic);
        assert_eq!(open(Purpose::RECORD, &renamed).err(), Some(BadBundle::Digest));
        let digest = digest(Purpose::RECORD, b"manifest", 8);
        renamed[32..HEADER].copy_from_slice(&digest);
        assert_eq!(open(Purpose::RECORD, &renamed).err(), Some(BadBundle::Signature));
    }

    #[test]
    fn no_altered_byte_of_head_or_manifest_and_no_truncation_opens() {
        for good in [sample(&[&key(1)]), sample(&[])] {
            let blobs = open(Purpose::BUNDLE, &good).expect("valid").blobs;
            for at in 0..blobs.start {
                for bit in 0..8 {
                    let mut bad = good.clone();
                    bad[at] ^= 1 << bit;
                    assert!(open(Purpose::BUNDLE, &bad).is_err(), "byte {at} bit {bit}");
                }
            }
            for at in 0..good.len() {
                assert!(open(Purpose::BUNDLE, &good[..at]).is_err(), "truncated to {at}");
            }
            assert!(open(Purpose::BUNDLE, &[&good[..], &[0]].concat()).is_err());
        }
    }
}
