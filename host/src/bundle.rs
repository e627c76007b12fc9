//! Bundles: programs compiled ahead of time, for machines that need no compiler. Bytes + trust → [`Bundle`].
//!
//! A bundle (`.oven`) has wasm for everywhere, native code for several CPU levels, and what tracebacks need.
//! `format` has the bytes and their signatures, `manifest` what they mean, `trust` whom to believe, `keys` the
//! signing keys, `build` how a program becomes a bundle, `load` how a bundle becomes functions, `transfer` how
//! entries move between caches, `record` what a
//! remote holds for a key, `inspect` what people see.
//!
//! What holds:
//! - All lengths, digests and signatures are checked before anything in a bundle is used; one altered byte, and
//!   nothing is.
//! - Native code is loaded only under a signature by a key that the user trusts and has not revoked, from an
//!   engine that is not revoked, and if this CPU has every feature that the code names.
//! - Without such a signature the wasm is used only if the user's policy says so; then it is validated, its
//!   metering is proved, and native code is made from it here.
//! - A bundle names no path, time or machine; the same program, options and keys give the same bytes.

use std::fmt;
use std::ops::Range;

use crate::cache::MissReason;
use crate::cache::key::{Digest, Field, FieldKind, L2Recipe};
use crate::levels::HostCpu;
use crate::levels::code_info::CodeInfo;

mod build;
mod contents;
mod format;
mod inspect;
pub mod keys;
mod load;
mod manifest;
pub(crate) mod record;
mod shape;
pub(crate) mod transfer;
mod trust;

pub(crate) use build::can_cross;
pub use build::{BuildRequest, Target, build};
pub use format::{BadBundle, MAX_BUNDLE};
pub use inspect::{Description, describe};
pub use keys::SecretKey;
pub use load::LoadedBundle;
pub use transfer::{Imported, export, import};
pub use trust::{PublicKey, Trust};

use format::Purpose;
use manifest::{Manifest, NativeCode};

/// What the signatures of a bundle amount to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Signed by a trusted key.
    Trusted {
        /// The key.
        key: PublicKey,
        /// What the user calls it.
        name: String,
    },
    /// Not signed.
    Unsigned,
    /// Signed only by keys that the user does not know.
    Unknown(Vec<PublicKey>),
    /// Signed by no trusted key, and by one that was revoked.
    Revoked(PublicKey),
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Standing::Trusted { key, name } => write!(f, "signed by {name} ({key})"),
            Standing::Unsigned => f.write_str("not signed"),
            Standing::Unknown(keys) => {
                f.write_str("signed by an unknown key")?;
                keys.iter().try_for_each(|key| write!(f, " {key}"))
            }
            Standing::Revoked(key) => write!(f, "signed by a revoked key {key}"),
        }
    }
}

/// Why a bundle is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is damaged or altered.
    Bad(BadBundle),
    /// It is whole, but nobody whom the user trusts has signed it, and the policy wants that.
    Untrusted(Standing),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Bad(bad) => write!(f, "the bundle is refused: {bad}"),
            Refusal::Untrusted(standing) => write!(f, "the bundle is not trusted: it is {standing}"),
        }
    }
}

impl std::error::Error for Refusal {}

impl From<BadBundle> for Refusal {
    fn from(bad: BadBundle) -> Self {
        Refusal::Bad(bad)
    }
}

/// A bundle, every byte of which was checked against its manifest, and the manifest against its signatures.
pub struct Bundle {
    bytes: Vec<u8>,
    manifest: Manifest,
    /// Places of the blobs in `bytes`.
    blobs: Vec<Range<usize>>,
    standing: Standing,
    trust: Trust,
}

/// Native code under a trusted signature, by an engine that is not revoked. Made only by
/// [`Bundle::native_code`] and, for a remote's records, by `OpenRecord::native_code`.
pub(crate) struct SignedCode {
    bytes: Vec<u8>,
}

impl SignedCode {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The same code if this CPU can run it; else the first thing that it lacks.
    pub(crate) fn for_cpu(self, cpu: &HostCpu) -> Result<TrustedCode, MissReason> {
        runnable(&self.bytes, cpu)?;
        Ok(TrustedCode { bytes: self.bytes })
    }
}

/// Signed native code that this CPU can run.
pub(crate) struct TrustedCode {
    bytes: Vec<u8>,
}

impl TrustedCode {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Whether this CPU has what native code says that it needs. Asked before wasmtime sees the code.
pub(crate) fn runnable(elf: &[u8], cpu: &HostCpu) -> Result<(), MissReason> {
    let info = CodeInfo::read(elf).map_err(|_| MissReason::Corrupt("native code"))?;
    match cpu.lacks(&info.target, info.features.iter().map(String::as_str)) {
        Some(feature) => Err(MissReason::IsaUnsupported(feature.to_owned())),
        None => Ok(()),
    }
}

impl Bundle {
    /// Checks a bundle. What comes back is whole; whether its native code may be used is a matter of its
    /// [`Standing`].
    pub fn open(bytes: Vec<u8>, trust: &Trust) -> Result<Bundle, Refusal> {
        let parts = format::open(Purpose::Bundle, &bytes)?;
        let signers: Vec<PublicKey> = parts.signers.iter().map(PublicKey::from).collect();
        let standing = match trust.vouches(&signers) {
            Some((key, name)) => Standing::Trusted { key, name: name.to_owned() },
            None => match signers.iter().find(|key| trust.is_key_revoked(key)) {
                Some(key) => Standing::Revoked(*key),
                None if signers.is_empty() => Standing::Unsigned,
                None => Standing::Unknown(signers),
            },
        };
        let allowed = match standing {
            Standing::Trusted { .. } => true,
            Standing::Unsigned | Standing::Unknown(_) => trust.allows_unsigned_wasm(),
            Standing::Revoked(_) => false,
        };
        if !allowed {
            return Err(Refusal::Untrusted(standing));
        }
        let (manifest, blobs) = check_contents(&bytes, &parts)?;
        Ok(Bundle { bytes, manifest, blobs, standing, trust: trust.clone() })
    }

    /// Who stands behind it.
    pub fn standing(&self) -> &Standing {
        &self.standing
    }

    pub(crate) fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The content of a blob that the manifest names.
    pub(crate) fn blob(&self, number: u32) -> Result<Vec<u8>, String> {
        // `Manifest::decode` has checked the number.
        let (place, blob) = (&self.blobs[number as usize], &self.manifest.blobs[number as usize]);
        let content = format::unpack(&self.bytes[place.clone()], blob.size);
        content.ok_or_else(|| format!("blob {number} cannot be unpacked"))
    }

    /// Native code, if it may be loaded at all.
    pub(crate) fn native_code(&self, native: &NativeCode) -> Result<SignedCode, MissReason> {
        match self.standing {
            Standing::Trusted { .. } => {}
            Standing::Unsigned => return Err(MissReason::Untrusted("the bundle is not signed")),
            Standing::Unknown(_) => {
                return Err(MissReason::Untrusted("the bundle is signed by an unknown key"));
            }
            Standing::Revoked(_) => {
                return Err(MissReason::Untrusted("the bundle is signed by a revoked key"));
            }
        }
        if self.trust.is_engine_revoked(&native.fields) {
            return Err(MissReason::Untrusted("made by a revoked engine"));
        }
        let bytes = self.blob(native.code).map_err(|_| MissReason::Corrupt("native code"))?;
        Ok(SignedCode { bytes })
    }

    /// Native code for one of these recipes, the first one first; or why there is none.
    pub(crate) fn native_for(&self, recipes: &[L2Recipe], cpu: &HostCpu) -> Result<TrustedCode, MissReason> {
        let mut refused = None;
        for recipe in recipes {
            let key = recipe.key().0;
            let Ok(at) = self.manifest.natives.binary_search_by(|native| native.key.cmp(&key)) else {
                continue;
            };
            let code = self.native_code(&self.manifest.natives[at]);
            match code.and_then(|code| code.for_cpu(cpu)) {
                Ok(code) => return Ok(code),
                Err(reason) => refused = refused.or(Some(reason)),
            }
        }
        Err(refused.unwrap_or_else(|| match recipes.first() {
            Some(recipe) => self.why_none(recipe, cpu),
            None => MissReason::Cold,
        }))
    }

    /// Why no native code of a module is for this engine and CPU.
    fn why_none(&self, recipe: &L2Recipe, cpu: &HostCpu) -> MissReason {
        let same_wasm = || self.manifest.natives.iter().filter(|native| native.wasm == recipe.wasm);
        let wanted = recipe.fields();
        for name in ["wasmtime", "code generation"] {
            let of = |fields: &[Field]| value(fields, FieldKind::Engine, name);
            let (new, old) = (of(&wanted), same_wasm().next().map(|native| of(&native.fields)));
            if let (Some(new), Some(Some(old))) = (new, old)
                && !same_wasm().any(|native| of(&native.fields).as_ref() == Some(&new))
            {
                return MissReason::EngineChanged { what: name.to_owned(), old, new };
            }
        }
        // Of what it lacks for each piece of code, the least: a machine without AVX is told so, and not that
        // it is no ARM.
        let lacking = |native: &NativeCode| {
            let feature = cpu.lacks(&native.target, native.features.iter().map(String::as_str))?;
            Some((feature == native.target.split('-').next().unwrap_or_default(), feature.to_owned()))
        };
        match same_wasm().filter_map(lacking).min() {
            Some((_, feature)) => MissReason::IsaUnsupported(feature),
            None => MissReason::Cold,
        }
    }
}

impl fmt::Debug for Bundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bundle").field("standing", &self.standing).finish_non_exhaustive()
    }
}

fn value(fields: &[Field], kind: FieldKind, name: &str) -> Option<String> {
    fields.iter().find(|field| field.kind == kind && field.name == name).map(|field| field.value.clone())
}

/// Decodes the manifest and compares every blob with its digest.
fn check_contents(bytes: &[u8], parts: &format::Parts) -> Result<(Manifest, Vec<Range<usize>>), BadBundle> {
    let manifest = Manifest::decode(&bytes[parts.manifest.clone()], parts.blobs.len())?;
    let mut at = parts.blobs.start;
    let mut blobs = Vec::with_capacity(manifest.blobs.len());
    for (number, blob) in manifest.blobs.iter().enumerate() {
        // The lengths add up to the size of an input that is in memory.
        let place = at..at + blob.length as usize;
        let digest: Digest = format::blob_digest(&bytes[place.clone()]);
        if digest != blob.digest {
            return Err(BadBundle::Blob(number));
        }
        at = place.end;
        blobs.push(place);
    }
    Ok((manifest, blobs))
}

#[cfg(test)]
mod tests;
