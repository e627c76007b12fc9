//! The entry file: payload + trailer ↔ bytes, sealed with an authentication code.
//!
//! ```text
//! payload | zeros to a multiple of 16 | trailer | footer (64 bytes)
//! footer = magic 4 | format u16 | kind u16 | secret id 8 | payload length u64 | trailer length u64 | MAC 32
//! ```
//!
//! The payload comes first because native code must be at offset 0 to be mappable. The code (blake3,
//! keyed) covers the 32-byte key that the entry is stored under, the footer up to the code, and every
//! byte before it; so an entry renamed over another is as invalid as a flipped bit. `open` checks the
//! code before it looks at anything else. The trailer (bincode) is for `why` and `ls`; a hit does not
//! decode it, except of an entry that others have signed: its kind has the bit `SIGNED`, and its trailer
//! begins with their keys, because a key may be revoked after the entry was taken in.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::bundle::PublicKey;
use crate::cache::key::{Digest, Field};
use crate::cache::secret::MacKey;

const MAGIC: [u8; 4] = *b"OVBD";
const FORMAT: u16 = 1;
pub(super) const FOOTER: usize = 64;
/// Bytes of the code at the end of the footer.
pub(super) const MAC_LEN: usize = 32;
const ALIGN: usize = 16;
/// In an entry's kind: what it holds, or rests on, was made by others.
const SIGNED: u16 = 0x100;

/// Largest entry that is read or written.
pub const MAX_ENTRY: u64 = crate::bundle::MAX_BLOB;
/// Largest trailer that is decoded.
const MAX_TRAILER: usize = 4 << 20;

/// What an entry holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[repr(u16)]
pub enum Kind {
    /// Level 1: an artifact, wasm and source map.
    Artifact = 1,
    /// Level 2: native code, an ELF image.
    Native = 2,
    /// The direct path: what a text gave for a request, and the facts that this rests on.
    Probe = 3,
    /// What is wrong with a program that does not compile.
    Diagnostics = 4,
}

/// What an entry says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trailer {
    /// `module.function`.
    pub label: String,
    /// Everything that entered the key.
    pub fields: Vec<Field>,
    /// Seconds since the Unix epoch when it was stored.
    pub created: u64,
    /// Microseconds that making it took.
    pub made_in_us: u64,
    /// Version of Ovenbird that stored it.
    pub producer: String,
}

/// A trailer with the keys of those who signed what the entry holds; none if it was made here.
pub(crate) struct Told {
    pub(crate) signers: Vec<PublicKey>,
    pub(crate) trailer: Trailer,
}

/// Why bytes are not an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Invalid {
    /// Shorter than a footer, longer than an entry may be, or lengths that do not add up.
    Length,
    /// The code does not fit.
    Code,
    /// Sealed under another secret.
    OtherSecret,
    /// The code fits, but magic, format or kind are not ours.
    Format,
}

/// An entry whose authentication code was checked over exactly the bytes that it holds. Made only by
/// `open`.
pub struct Verified {
    bytes: Vec<u8>,
    kind: Kind,
    parts: Parts,
}

/// Where the parts of an entry are.
pub(super) struct Parts {
    /// Length of the payload.
    pub(super) payload: usize,
    pub(super) trailer: Range<usize>,
    /// Whether the trailer begins with signers.
    pub(super) signed: bool,
}

impl Verified {
    /// What it holds.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The artifact or the native code.
    pub fn payload(&self) -> &[u8] {
        &self.bytes[..self.parts.payload]
    }

    /// The payload without copying it.
    pub fn into_payload(mut self) -> Vec<u8> {
        self.bytes.truncate(self.parts.payload);
        self.bytes
    }

    /// Size of the file.
    pub fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// Whether others have signed it.
    pub fn is_signed(&self) -> bool {
        self.parts.signed
    }

    /// Decodes the trailer; `None` if it is of another version of this crate.
    pub fn trailer(&self) -> Option<Trailer> {
        self.told().map(|told| told.trailer)
    }

    /// The same, with who signed it.
    pub(crate) fn told(&self) -> Option<Told> {
        told(&self.bytes[self.parts.trailer.clone()], self.parts.signed)
    }
}

/// Decodes a trailer.
pub(super) fn told(bytes: &[u8], signed: bool) -> Option<Told> {
    let config = bincode::config::standard().with_limit::<MAX_TRAILER>();
    let (mut signers, mut at): (Vec<Digest>, usize) = (Vec::new(), 0);
    if signed {
        (signers, at) = bincode::serde::decode_from_slice(bytes, config).ok()?;
    }
    let (trailer, used): (Trailer, usize) = bincode::serde::decode_from_slice(&bytes[at..], config).ok()?;
    let signers: Vec<PublicKey> = signers.into_iter().map(PublicKey).collect();
    (at + used == bytes.len() && signed != signers.is_empty()).then_some(Told { signers, trailer })
}

/// Writes an entry of something that was made here.
#[cfg(test)]
pub(crate) fn seal(
    mac: &MacKey,
    key: &Digest,
    kind: Kind,
    payload: &[u8],
    trailer: &Trailer,
) -> Option<Vec<u8>> {
    seal_signed(mac, key, kind, payload, trailer, &[])
}

/// Writes an entry: of something that was made here, or of what these keys have signed or what rests on that.
/// `None` if it would be larger than an entry may be.
pub(crate) fn seal_signed(
    mac: &MacKey,
    key: &Digest,
    kind: Kind,
    payload: &[u8],
    trailer: &Trailer,
    signers: &[PublicKey],
) -> Option<Vec<u8>> {
    let (config, signed) = (bincode::config::standard(), !signers.is_empty());
    let mut told = Vec::new();
    if signed {
        let keys: Vec<Digest> = signers.iter().map(|signer| signer.0).collect();
        told = bincode::serde::encode_to_vec(keys, config).ok()?;
    }
    told.extend(bincode::serde::encode_to_vec(trailer, config).ok()?);
    let (trailer, kind) = (told, kind as u16 | if signed { SIGNED } else { 0 });
    let padded = payload.len().checked_next_multiple_of(ALIGN)?;
    let total = padded.checked_add(trailer.len())?.checked_add(FOOTER)?;
    if trailer.len() > MAX_TRAILER || total as u64 > MAX_ENTRY {
        return None;
    }
    let mut bytes = Vec::with_capacity(total);
    bytes.extend_from_slice(payload);
    bytes.resize(padded, 0);
    bytes.extend_from_slice(&trailer);
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&FORMAT.to_le_bytes());
    bytes.extend_from_slice(&kind.to_le_bytes());
    bytes.extend_from_slice(&mac.id());
    bytes.extend_from_slice(&(payload.len() as u64).to_le_bytes());
    bytes.extend_from_slice(&(trailer.len() as u64).to_le_bytes());
    let code = authenticate(mac, key, &bytes);
    bytes.extend_from_slice(code.as_bytes());
    Some(bytes)
}

/// Checks an entry that was found under `key`.
pub(crate) fn open(mac: &MacKey, key: &Digest, kind: Kind, bytes: Vec<u8>) -> Result<Verified, Invalid> {
    let body = bytes.len().checked_sub(FOOTER).ok_or(Invalid::Length)?;
    let found = authenticate(mac, key, &bytes[..bytes.len() - MAC_LEN]);
    let parts = check(mac, &found, kind, bytes.len(), &bytes[body..])?;
    Ok(Verified { bytes, kind, parts })
}

/// Checks the footer of an entry of `size` bytes against the authentication code that was `found` over
/// them; gives where its parts are.
pub(super) fn check(
    mac: &MacKey,
    found: &blake3::Hash,
    kind: Kind,
    size: usize,
    footer: &[u8],
) -> Result<Parts, Invalid> {
    let body = size.checked_sub(FOOTER).ok_or(Invalid::Length)?;
    let (footer, code) = footer.split_at_checked(FOOTER - MAC_LEN).ok_or(Invalid::Length)?;
    let code: Digest = code.try_into().map_err(|_| Invalid::Length)?;
    // `blake3::Hash` compares in constant time.
    if *found != code {
        // Only for the message: the unchecked id tells a foreign entry from a damaged one.
        let foreign = footer[..4] == MAGIC && footer[8..16] != mac.id();
        return Err(if foreign { Invalid::OtherSecret } else { Invalid::Code });
    }
    let found_kind = u16::from_le_bytes([footer[6], footer[7]]);
    let signed = found_kind & SIGNED != 0;
    if footer[..4] != MAGIC || footer[4..6] != FORMAT.to_le_bytes() || found_kind & !SIGNED != kind as u16 {
        return Err(Invalid::Format);
    }
    let payload = length(&footer[16..24])?;
    let trailer = length(&footer[24..32])?;
    let start = payload.checked_next_multiple_of(ALIGN).ok_or(Invalid::Length)?;
    if start.checked_add(trailer) != Some(body) {
        return Err(Invalid::Length);
    }
    Ok(Parts { payload, trailer: start..body, signed })
}

fn length(bytes: &[u8]) -> Result<usize, Invalid> {
    let length = bytes.try_into().map(u64::from_le_bytes).map_err(|_| Invalid::Length)?;
    usize::try_from(length).map_err(|_| Invalid::Length)
}

fn authenticate(mac: &MacKey, key: &Digest, signed: &[u8]) -> blake3::Hash {
    authenticator(mac, key).update(signed).finalize()
}

/// What computes an entry's code from all of its bytes but the code itself.
pub(super) fn authenticator(mac: &MacKey, key: &Digest) -> blake3::Hasher {
    // The key has a fixed length, and so has the footer at the end of what is signed, whose lengths divide
    // the rest: no two entries give the same input.
    let mut hasher = blake3::Hasher::new_keyed(mac.bytes());
    hasher.update(key);
    hasher
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::key::digest;
    use crate::cache::secret::Secret;

    fn mac() -> MacKey {
        Secret::from_bytes([7; 32]).mac_key()
    }

    fn trailer() -> Trailer {
        let producer = "test".to_owned();
        Trailer { label: "m.f".to_owned(), fields: Vec::new(), created: 1, made_in_us: 2, producer }
    }

    fn sealed(payload: &[u8]) -> Vec<u8> {
        seal(&mac(), &digest(b"key"), Kind::Artifact, payload, &trailer()).expect("small")
    }

    fn reopen(bytes: Vec<u8>) -> Result<Verified, Invalid> {
        open(&mac(), &digest(b"key"), Kind::Artifact, bytes)
    }

    #[test]
    fn what_is_sealed_opens() {
        for len in [0, 1, 15, 16, 17, 1000] {
            let payload = vec![len as u8; len];
            let entry = reopen(sealed(&payload)).map_err(|e| format!("{e:?}")).expect("valid");
            assert_eq!(entry.payload(), payload);
            assert_eq!(entry.trailer(), Some(trailer()));
            assert_eq!(entry.into_payload(), payload);
        }
    }

    /// Without `Kind::Native` in `host/src/native/make.rs`: what is sealed as something else, which others may have made,
    /// is run.
    #[test]
    fn nothing_but_an_entry_of_native_code_is_loaded() {
        let engine = wasmtime::Engine::default();
        let code = engine.precompile_module(b"\0asm\x01\0\0\0").expect("compiled");
        for kind in [Kind::Native, Kind::Artifact, Kind::Probe, Kind::Diagnostics] {
            let bytes = seal(&mac(), &digest(b"key"), kind, &code, &trailer()).expect("small");
            let entry =
                open(&mac(), &digest(b"key"), kind, bytes).map_err(|e| format!("{e:?}")).expect("valid");
            let now = crate::native::Native::load(&engine, &entry);
            let later = crate::native::Native::load_later(&engine, entry);
            assert_eq!(
                (now.is_ok(), later.is_ok()),
                (kind == Kind::Native, kind == Kind::Native),
                "{kind:?}"
            );
        }
    }

    #[test]
    fn no_flipped_bit_and_no_truncation_opens() {
        let good = sealed(b"a small payload");
        for index in 0..good.len() {
            for bit in [1, 128] {
                let mut bad = good.clone();
                bad[index] ^= bit;
                assert!(reopen(bad).is_err(), "byte {index}");
            }
            assert!(reopen(good[..index].to_vec()).is_err(), "truncated to {index}");
        }
        let mut longer = good.clone();
        longer.push(0);
        assert!(reopen(longer).is_err());
        let mut doubled = good.clone();
        doubled.extend_from_slice(&good);
        assert!(reopen(doubled).is_err());
    }

    #[test]
    fn what_others_signed_says_so() {
        let keys = [PublicKey([1; 32]), PublicKey([2; 32])];
        let signed = |signers: &[PublicKey]| {
            let (key, kind) = (digest(b"key"), Kind::Artifact);
            seal_signed(&mac(), &key, kind, b"payload", &trailer(), signers).expect("small")
        };
        let entry = reopen(signed(&keys)).map_err(|e| format!("{e:?}")).expect("valid");
        assert!(entry.is_signed());
        let told = entry.told().expect("whole");
        assert_eq!((told.signers.as_slice(), told.trailer), (&keys[..], trailer()));
        assert_eq!((entry.payload(), entry.trailer()), (&b"payload"[..], Some(trailer())));
        assert!(!reopen(sealed(b"payload")).map_err(|e| format!("{e:?}")).expect("valid").is_signed());
        assert_eq!(signed(&[]), sealed(b"payload"));
    }

    #[test]
    fn magic_format_and_kind_are_checked_although_the_code_fits() {
        // As another version, or a program with a bug, could seal it.
        for at in 0..8 {
            for bit in [1, 0x10, 0x80] {
                let mut bytes = sealed(b"payload");
                let footer = bytes.len() - FOOTER;
                bytes[footer + at] ^= bit;
                let end = bytes.len() - MAC_LEN;
                let code = authenticate(&mac(), &digest(b"key"), &bytes[..end]);
                bytes[end..].copy_from_slice(code.as_bytes());
                if at == 7 && bit == 1 {
                    // The bit that says that others signed it: there must be signers then.
                    assert!(reopen(bytes).map_err(|e| format!("{e:?}")).expect("valid").told().is_none());
                } else {
                    assert_eq!(reopen(bytes).err(), Some(Invalid::Format), "byte {at}, bit {bit}");
                }
            }
        }
    }

    #[test]
    fn lengths_that_do_not_add_up_are_refused_although_the_code_fits() {
        let good = sealed(b"a small payload");
        let footer = good.len() - FOOTER;
        let number = |at: usize| u64::from_le_bytes(good[at..at + 8].try_into().expect("eight bytes"));
        for at in [footer + 16, footer + 24] {
            let wrong =
                [0, number(at) + 16, number(at) - 1, number(at) + 1000, u64::MAX, u64::MAX - 15, 1 << 63];
            // The zeros behind the payload can be any number of bytes.
            for wrong in wrong.into_iter().filter(|wrong| at != footer + 16 || wrong.div_ceil(16) != 1) {
                let mut bytes = good.clone();
                bytes[at..at + 8].copy_from_slice(&wrong.to_le_bytes());
                let end = bytes.len() - MAC_LEN;
                let code = authenticate(&mac(), &digest(b"key"), &bytes[..end]);
                bytes[end..].copy_from_slice(code.as_bytes());
                assert_eq!(reopen(bytes).err(), Some(Invalid::Length), "{wrong} at {}", at - footer);
            }
        }
    }

    #[test]
    fn an_entry_that_others_signed_names_them() {
        let trailer =
            bincode::serde::encode_to_vec(trailer(), bincode::config::standard()).expect("in memory");
        // A list of no keys, and the trailer.
        assert!(told(&[&[0], &*trailer].concat(), true).is_none());
        assert!(told(&[&[1], &[7; 32][..], &trailer].concat(), true).is_some());
        assert!(told(&trailer, false).is_some());
    }

    #[test]
    fn key_kind_and_secret_are_bound() {
        let good = sealed(b"payload");
        assert_eq!(open(&mac(), &digest(b"other"), Kind::Artifact, good.clone()).err(), Some(Invalid::Code));
        assert_eq!(open(&mac(), &digest(b"key"), Kind::Native, good.clone()).err(), Some(Invalid::Format));
        let other = Secret::from_bytes([8; 32]).mac_key();
        assert_eq!(open(&other, &digest(b"key"), Kind::Artifact, good).err(), Some(Invalid::OtherSecret));
    }
}
