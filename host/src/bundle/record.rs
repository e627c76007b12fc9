//! A record of the remote tier ↔ bytes: what a key stands for, signed.
//!
//! A record lies under its key and names its content by digest; the content lies under that digest, so many
//! keys may share it. Signed as bundles are, for another purpose. Accepts any bytes.

use serde::{Deserialize, Serialize};

use super::SignedCode;
use super::format::{self, BadBundle, Purpose, blob_digest, pack, unpack};
use super::keys::SecretKey;
use super::trust::{PublicKey, Trust};
use crate::cache::Offer;
use crate::cache::entry::{Kind, MAX_ENTRY};
use crate::cache::key::{Digest, Field, level1_key, level2_key};

/// Largest record.
pub(crate) const MAX_RECORD: usize = 1 << 20;

/// What lies under a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) kind: Kind,
    pub(crate) label: String,
    /// The key is the hash of these.
    pub(crate) fields: Vec<Field>,
    pub(crate) made_in_us: u64,
    pub(crate) producer: String,
    /// Digest of the content as it lies there, packed.
    pub(crate) content: Digest,
    pub(crate) length: u64,
    /// Its size when it is unpacked.
    pub(crate) size: u64,
}

/// A record whose signatures fit and whose key is the one that was asked for.
pub(crate) struct OpenRecord {
    pub(crate) record: Record,
    /// Everybody whose signature fits.
    pub(crate) signers: Vec<PublicKey>,
    trusted: bool,
    pub(crate) revoked: bool,
}

impl Record {
    /// A record of some content, and the content as it is stored.
    pub(crate) fn of(
        kind: Kind,
        label: &str,
        fields: Vec<Field>,
        made_in_us: u64,
        content: &[u8],
    ) -> Option<(Record, Vec<u8>)> {
        let packed = pack(content)?;
        let record = Record {
            kind,
            label: label.to_owned(),
            fields,
            made_in_us,
            producer: env!("CARGO_PKG_VERSION").to_owned(),
            content: blob_digest(&packed),
            length: packed.len() as u64,
            size: content.len() as u64,
        };
        Some((record, packed))
    }

    /// As signed bytes.
    pub(crate) fn seal(&self, key: &SecretKey) -> Option<Vec<u8>> {
        let bytes = bincode::serde::encode_to_vec(self, bincode::config::standard()).ok()?;
        format::seal(Purpose::RECORD, &bytes, &[], &[key.signing()])
    }

    /// Checks the record that was found under a key.
    pub(crate) fn open(
        bytes: &[u8],
        kind: Kind,
        key: &Digest,
        trust: &Trust,
    ) -> Result<OpenRecord, BadBundle> {
        // Decoding has the same bound; this one is before the signatures are looked at.
        if bytes.len() > MAX_RECORD {
            return Err(BadBundle::Length);
        }
        let parts = format::open(Purpose::RECORD, bytes)?;
        let signers: Vec<PublicKey> = parts.signers.iter().map(PublicKey::from).collect();
        let config = bincode::config::standard().with_limit::<MAX_RECORD>();
        let bytes = &bytes[parts.manifest];
        let wrong = |what: &str| BadBundle::Manifest(what.to_owned());
        let (record, used): (Record, usize) =
            bincode::serde::decode_from_slice(bytes, config).map_err(|error| wrong(&error.to_string()))?;
        let found = match kind {
            Kind::Artifact => level1_key(record.fields.clone()).0,
            Kind::Native => level2_key(&record.fields).0.0,
            Kind::Probe | Kind::Diagnostics => return Err(wrong("it is of use to one machine only")),
        };
        if used != bytes.len() || record.kind != kind || found != *key {
            return Err(wrong("it is not about this key"));
        }
        if record.size > MAX_ENTRY || record.length > MAX_ENTRY {
            return Err(wrong("its content is too large"));
        }
        let trusted = trust.vouches(&signers).is_some();
        let revoked = trust.is_engine_revoked(&record.fields) || trust.has_revoked(&signers);
        Ok(OpenRecord { record, signers, trusted, revoked })
    }
}

impl OpenRecord {
    /// Whether its content may be asked for at all.
    pub(crate) fn is_usable(&self, trust: &Trust) -> bool {
        let policy = self.record.kind == Kind::Artifact && trust.allows_unsigned_wasm();
        !self.revoked && (self.trusted || policy)
    }

    /// What the local cache may keep it as.
    pub(crate) fn offer(&self) -> Offer<'_> {
        let Record { label, fields, made_in_us, producer, .. } = &self.record;
        Offer { label, fields, made_in_us: *made_in_us, producer, signers: &self.signers }
    }

    /// The content from the bytes that lie under its digest.
    pub(crate) fn content(&self, packed: &[u8]) -> Option<Vec<u8>> {
        if packed.len() as u64 != self.record.length || blob_digest(packed) != self.record.content {
            return None;
        }
        unpack(packed, self.record.size)
    }

    /// The content as native code, if a trusted key has signed the record.
    pub(crate) fn native_code(&self, packed: &[u8]) -> Option<SignedCode> {
        if !self.trusted || self.revoked || self.record.kind != Kind::Native {
            return None;
        }
        self.content(packed).map(|bytes| SignedCode { bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::key::tests::{sample, sample_native};

    #[test]
    fn a_record_is_about_one_key_of_one_level() {
        let signer = SecretKey::from_bytes([1; 32]);
        let trust = Trust::nobody().key(signer.public(), "test");
        let sealed = |kind, fields: Vec<Field>| {
            let (record, _) = Record::of(kind, "main.f", fields, 0, b"content").expect("packed");
            record.seal(&signer).expect("small")
        };
        let (wasm, native) = (sample(), sample_native());
        let opens = |bytes: &[u8], kind, key| Record::open(bytes, kind, key, &trust).is_ok();
        let (one, two) = (wasm.key().0, native.key().0);
        let good = sealed(Kind::Artifact, wasm.fields());
        assert!(opens(&good, Kind::Artifact, &one) && !opens(&good, Kind::Artifact, &two));
        assert!(opens(&sealed(Kind::Native, native.fields()), Kind::Native, &two));
        // Well signed under the right key, and said to be something else.
        assert!(!opens(&sealed(Kind::Native, wasm.fields()), Kind::Artifact, &one));
        assert!(!opens(&sealed(Kind::Artifact, native.fields()), Kind::Native, &two));
        assert!(!opens(&good, Kind::Probe, &one));
    }

    /// Without `used != bytes.len()` or `MAX_ENTRY` in `Record::open`: a store that others write to says how much is unpacked.
    #[test]
    fn a_record_is_small_and_nothing_follows_it() {
        let signer = SecretKey::from_bytes([1; 32]);
        let trust = Trust::nobody().key(signer.public(), "test");
        let recipe = sample();
        let (good, _) = Record::of(Kind::Artifact, "main.f", recipe.fields(), 0, b"content").expect("packed");
        let opens = |bytes: Vec<u8>| Record::open(&bytes, Kind::Artifact, &recipe.key().0, &trust).is_ok();
        let sealed = |record: &Record| record.seal(&signer).expect("small");
        assert!(opens(sealed(&good)));
        let labelled = |length: usize| Record { label: "x".repeat(length), ..good.clone() };
        assert!(opens(sealed(&labelled(MAX_RECORD / 2))));
        assert!(!opens(sealed(&labelled(MAX_RECORD))), "longer than a record may be");
        assert!(!opens(sealed(&Record { size: MAX_ENTRY + 1, ..good.clone() })), "unpacked to more");
        assert!(!opens(sealed(&Record { length: MAX_ENTRY + 1, ..good.clone() })), "packed into more");
        let bytes = bincode::serde::encode_to_vec(&good, bincode::config::standard()).expect("encoded");
        let followed = [&bytes[..], &[0]].concat();
        let followed = format::seal(Purpose::RECORD, &followed, &[], &[signer.signing()]);
        assert!(!opens(followed.expect("small")), "something follows");
    }

    #[test]
    fn native_code_is_given_only_if_a_key_that_is_trusted_has_signed_it() {
        let (signer, native) = (SecretKey::from_bytes([1; 32]), sample_native());
        let (record, packed) =
            Record::of(Kind::Native, "main.f", native.fields(), 0, b"native code").expect("packed");
        let sealed = record.seal(&signer).expect("small");
        let trusting = Trust::nobody().key(signer.public(), "test");
        for (trust, given) in [
            (trusting.clone(), true),
            (Trust::nobody(), false),
            (Trust::nobody().unsigned_wasm(true), false),
            (trusting.clone().revoke_engine("wasmtime-48.0.8", "miscompiles"), false),
            (trusting.unsigned_wasm(true).revoke_key(signer.public(), "lost"), false),
        ] {
            let open = Record::open(&sealed, Kind::Native, &native.key().0, &trust).expect("whole");
            assert_eq!(open.native_code(&packed).is_some(), given, "{trust:?}");
            assert!(open.native_code(&packed[1..]).is_none());
        }
    }
}
