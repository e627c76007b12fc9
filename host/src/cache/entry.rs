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
//!
//! Native code that is not mapped is stored without its long runs of zeros, if there are many (`thin`): its kind has
//! the bit `THIN`, and the payload in the file is what is left. Whoever has the entry sees the code in full; it is put
//! together when it is first asked for, since most of what is looked up is never run.

use std::ops::Range;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use crate::bundle::PublicKey;
use crate::cache::key::{Digest, Field};
use crate::cache::sealed::SEALED_FROM;
use crate::cache::secret::MacKey;
use crate::cache::thin;

const MAGIC: [u8; 4] = *b"OVBD";
const FORMAT: u16 = 1;
pub(super) const FOOTER: usize = 64;
/// Bytes of the code at the end of the footer.
pub(super) const MAC_LEN: usize = 32;
const ALIGN: usize = 16;
/// In an entry's kind: what it holds, or rests on, was made by others.
const SIGNED: u16 = 0x100;
/// In an entry's kind: the payload is native code without its long runs of zeros.
const THIN: u16 = 0x200;

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
    /// The code fits, but magic, format or kind are not ours, or the payload is not what the kind says.
    Format,
}

/// An entry whose authentication code was checked over exactly the bytes that it holds. Made only by
/// `open`.
pub struct Verified {
    bytes: Vec<u8>,
    kind: Kind,
    parts: Parts,
    /// Length of the payload in full.
    payload_len: usize,
    /// The same, from when it is first asked for, if the file has it without its zeros.
    expanded: OnceLock<Vec<u8>>,
}

/// Where the parts of an entry are.
pub(super) struct Parts {
    /// Length of the payload in the file.
    pub(super) payload: usize,
    pub(super) trailer: Range<usize>,
    /// Whether the trailer begins with signers.
    pub(super) signed: bool,
    /// Whether long runs of zeros are left out of the payload.
    pub(super) thin: bool,
}

impl Verified {
    /// What it holds.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The artifact or the native code, in full.
    pub fn payload(&self) -> &[u8] {
        let stored = &self.bytes[..self.parts.payload];
        match self.parts.thin {
            true => self.expanded.get_or_init(|| thin::expand(stored, self.payload_len)),
            false => stored,
        }
    }

    /// Its length, which is known without putting it together.
    pub fn payload_len(&self) -> usize {
        self.payload_len
    }

    /// The payload without copying it.
    pub fn into_payload(mut self) -> Vec<u8> {
        if self.parts.thin {
            self.payload();
            return self.expanded.into_inner().unwrap_or_default();
        }
        self.bytes.truncate(self.parts.payload);
        self.bytes
    }

    /// Whether zeros are left out in the file, and whether they were put back.
    #[cfg(test)]
    pub(crate) fn is_thin_and_expanded(&self) -> (bool, bool) {
        (self.parts.thin, self.expanded.get().is_some())
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
    let trailer = told;
    let size = |payload: usize| {
        let padded = payload.checked_next_multiple_of(ALIGN)?;
        Some((padded, padded.checked_add(trailer.len())?.checked_add(FOOTER)?))
    };
    let (mut padded, mut total) = size(payload.len())?;
    if trailer.len() > MAX_TRAILER || total as u64 > MAX_ENTRY {
        return None;
    }
    // What is mapped must be in the file as it is.
    let is_copied = kind == Kind::Native && (total as u64) < SEALED_FROM;
    let thin = is_copied.then(|| thin::thin(payload)).flatten();
    let mut kind = kind as u16 | if signed { SIGNED } else { 0 };
    let mut stored = payload;
    if let Some(thin) = &thin {
        (stored, kind) = (thin, kind | THIN);
        (padded, total) = size(thin.len())?;
    }
    let mut bytes = Vec::with_capacity(total);
    bytes.extend_from_slice(stored);
    bytes.resize(padded, 0);
    bytes.extend_from_slice(&trailer);
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&FORMAT.to_le_bytes());
    bytes.extend_from_slice(&kind.to_le_bytes());
    bytes.extend_from_slice(&mac.id());
    bytes.extend_from_slice(&(stored.len() as u64).to_le_bytes());
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
    let payload_len = match parts.thin {
        true => thin::whole_len(&bytes[..parts.payload]).ok_or(Invalid::Format)?,
        false => parts.payload,
    };
    Ok(Verified { bytes, kind, parts, payload_len, expanded: OnceLock::new() })
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
    let (signed, thin) = (found_kind & SIGNED != 0, found_kind & THIN != 0);
    // Of native code only.
    let known = SIGNED | if kind == Kind::Native { THIN } else { 0 };
    if footer[..4] != MAGIC || footer[4..6] != FORMAT.to_le_bytes() || found_kind & !known != kind as u16 {
        return Err(Invalid::Format);
    }
    let payload = length(&footer[16..24])?;
    let trailer = length(&footer[24..32])?;
    let start = payload.checked_next_multiple_of(ALIGN).ok_or(Invalid::Length)?;
    if start.checked_add(trailer) != Some(body) {
        return Err(Invalid::Length);
    }
    Ok(Parts { payload, trailer: start..body, signed, thin })
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
            for bit in [1, 2, 0x10, 0x80] {
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

    /// Native code of 1000 bytes, most of which are zeros.
    fn code() -> Vec<u8> {
        [&[1; 200][..], &[0; 500], &[2; 300]].concat()
    }

    fn seal_code(code: &[u8]) -> Vec<u8> {
        seal(&mac(), &digest(b"key"), Kind::Native, code, &trailer()).expect("small")
    }

    fn reopen_code(bytes: Vec<u8>) -> Result<Verified, Invalid> {
        open(&mac(), &digest(b"key"), Kind::Native, bytes)
    }

    /// The same entry with another payload and a bit more or less in its kind.
    fn resealed(good: &[u8], payload: &[u8], bit: u16) -> Vec<u8> {
        let (body, footer) = good.split_at(good.len() - FOOTER);
        let trailer = length(&footer[24..32]).expect("short");
        let mut bytes = payload.to_vec();
        bytes.resize(payload.len().next_multiple_of(ALIGN), 0);
        bytes.extend_from_slice(&body[body.len() - trailer..]);
        let at = bytes.len();
        bytes.extend_from_slice(&footer[..FOOTER - MAC_LEN]);
        bytes[at + 7] ^= (bit >> 8) as u8;
        bytes[at + 16..at + 24].copy_from_slice(&(payload.len() as u64).to_le_bytes());
        let code = authenticate(&mac(), &digest(b"key"), &bytes);
        bytes.extend_from_slice(code.as_bytes());
        bytes
    }

    #[test]
    fn zeros_of_native_code_are_not_in_the_file_and_nobody_misses_them() {
        let sealed = seal_code(&code());
        assert!(sealed.len() < 700, "{} bytes", sealed.len());
        assert_eq!(sealed, seal_code(&code()), "always the same");
        let entry = reopen_code(sealed.clone()).map_err(|e| format!("{e:?}")).expect("valid");
        assert_eq!(
            (entry.kind(), entry.size(), entry.payload_len()),
            (Kind::Native, sealed.len() as u64, 1000)
        );
        assert_eq!(entry.is_thin_and_expanded(), (true, false), "nobody wanted it");
        assert_eq!(entry.trailer(), Some(trailer()));
        assert_eq!(entry.payload(), code());
        assert_eq!(entry.into_payload(), code());
        let entry = reopen_code(sealed).map_err(|e| format!("{e:?}")).expect("valid");
        assert_eq!(entry.into_payload(), code());
        // What has few, and what is not native code, is in the file as it is.
        let few = [&[1; 900][..], &[0; 100]].concat();
        for (kind, payload) in [(Kind::Native, &few), (Kind::Artifact, &code()), (Kind::Probe, &code())] {
            let sealed = seal(&mac(), &digest(b"key"), kind, payload, &trailer()).expect("small");
            assert!(sealed.starts_with(payload), "{kind:?}");
            let entry =
                open(&mac(), &digest(b"key"), kind, sealed).map_err(|e| format!("{e:?}")).expect("valid");
            assert_eq!(entry.is_thin_and_expanded(), (false, false));
        }
    }

    /// As builds before this one stored it.
    #[test]
    fn native_code_with_all_its_zeros_is_valid_as_well() {
        let plain = resealed(&seal_code(&code()), &code(), THIN);
        let entry = reopen_code(plain.clone()).map_err(|e| format!("{e:?}")).expect("valid");
        assert_eq!((entry.size(), entry.payload_len()), (plain.len() as u64, 1000));
        assert_eq!(entry.payload(), code());
    }

    /// Without `total < SEALED_FROM` in `seal_signed`: large code cannot be mapped where it is.
    #[test]
    fn large_code_keeps_its_zeros() {
        let total = |len: usize| seal_code(&vec![0; len]).len() as u64;
        let rest = total(1 << 23) - (1 << 23);
        let least = (SEALED_FROM - rest) as usize;
        assert!((SEALED_FROM..SEALED_FROM + 16).contains(&total(least)), "it ends at a multiple of 16");
        assert!(total(least - 16) < 1000);
    }

    #[test]
    fn damaged_code_without_zeros_does_not_open() {
        let good = seal_code(&code());
        for index in 0..good.len() {
            let mut bad = good.clone();
            bad[index] ^= 1;
            assert!(reopen_code(bad).is_err(), "byte {index}");
            assert!(reopen_code(good[..index].to_vec()).is_err(), "truncated to {index}");
        }
    }

    /// Without `whole_len` in `open`: what cannot be put together is handed to wasmtime as far as it goes.
    #[test]
    fn what_cannot_be_put_together_is_refused_although_the_code_fits() {
        let good = seal_code(&code());
        let thin = thin::thin(&code()).expect("much");
        assert_eq!(resealed(&good, &thin, 0), good);
        for len in 0..thin.len() {
            assert_eq!(reopen_code(resealed(&good, &thin[..len], 0)).err(), Some(Invalid::Format), "{len}");
        }
        assert_eq!(reopen_code(resealed(&good, &code(), 0)).err(), Some(Invalid::Format));
    }

    /// Without `kind == Kind::Native` in `check`: an artifact is put together from what nobody has made.
    #[test]
    fn only_native_code_can_be_without_zeros() {
        let thin = thin::thin(&code()).expect("much");
        for kind in [Kind::Artifact, Kind::Probe, Kind::Diagnostics] {
            let good = seal(&mac(), &digest(b"key"), kind, &code(), &trailer()).expect("small");
            let bad = resealed(&good, &thin, THIN);
            assert_eq!(open(&mac(), &digest(b"key"), kind, bad).err(), Some(Invalid::Format), "{kind:?}");
        }
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
