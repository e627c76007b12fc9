//! Bundles: programs compiled ahead of time, for machines that need no compiler. Bytes + trust → [`Bundle`].
//!
//! A bundle (`.oven`) has wasm for everywhere, native code for several CPU levels, and what tracebacks need.
//! `format` has the bytes and their signatures, `manifest` what they mean, `trust` whom to believe, `load` how a
//! bundle becomes functions, `inspect` what people see. Only with the compiler: `keys`, the signing keys; `build` and
//! `part`, how a program becomes a bundle; `transfer`, how entries move between caches; `record`, what a remote holds for a key.
//!
//! What holds:
//! - All lengths, digests and signatures are checked before anything in a bundle is used; one altered byte, and
//!   nothing is.
//! - Native code is loaded only under a signature by a key that the user trusts and has not revoked, from an
//!   engine that is not revoked, and if this CPU has every feature that the code names.
//! - Without such a signature the wasm is used only if the user's policy says so; then it is validated, its
//!   metering is proved, and native code is made from it here. A build without the compiler refuses it.
//! - A bundle names no path, time or machine; the same program, options and keys give the same bytes.

use std::fmt;
use std::ops::Range;

use crate::key::{Digest, Field, FieldKind, L2Recipe};
use crate::levels::HostCpu;
use crate::levels::code_info::CodeInfo;
use crate::miss::MissReason;

#[cfg(feature = "compiler")]
mod build;
#[cfg(feature = "compiler")]
mod contents;
mod format;
mod inspect;
#[cfg(feature = "compiler")]
pub mod keys;
mod load;
mod manifest;
#[cfg(feature = "compiler")]
mod part;
#[cfg(feature = "compiler")]
pub(crate) mod record;
mod shape;
#[cfg(feature = "compiler")]
mod spool;
#[cfg(feature = "compiler")]
pub(crate) mod transfer;
mod trust;

#[cfg(feature = "compiler")]
#[cfg(feature = "compiler")]
pub use build::{BuildRequest, Target, build};
#[cfg(feature = "compiler")]
pub(crate) use format::MAX_BLOB;
pub use format::{BadBundle, MAX_BUNDLE};
pub use inspect::{Description, describe};
#[cfg(feature = "compiler")]
pub use keys::SecretKey;
pub use load::LoadedBundle;
#[cfg(feature = "compiler")]
pub(crate) use load::open_datasets;
#[cfg(feature = "compiler")]
pub(crate) use part::{Maker, Part};
#[cfg(feature = "compiler")]
pub(crate) use shape::{SchemaText, Shape as TypeText};
#[cfg(feature = "compiler")]
pub use transfer::{Collected, Imported, export, export_some, import, import_some};
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
    /// Everybody whose signature fits.
    #[cfg(feature = "compiler")]
    signers: Vec<PublicKey>,
    trust: Trust,
}

/// Native code under a trusted signature, by an engine that is not revoked. Made only by
/// [`Bundle::native_code`] and, for a remote's records, by `OpenRecord::native_code`.
pub(crate) struct SignedCode {
    bytes: Vec<u8>,
}

impl SignedCode {
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
        let parts = format::open(Purpose::BUNDLE, &bytes)?;
        let signers: Vec<PublicKey> = parts.signers.iter().map(PublicKey::from).collect();
        let standing = match trust.vouches(&signers) {
            Some((key, name)) => Standing::Trusted { key, name: name.to_owned() },
            None => match signers.iter().find(|key| trust.is_key_revoked(key)) {
                Some(key) => Standing::Revoked(*key),
                None if signers.is_empty() => Standing::Unsigned,
                None => Standing::Unknown(signers.clone()),
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
        Ok(Bundle {
            bytes,
            manifest,
            blobs,
            standing,
            #[cfg(feature = "compiler")]
            signers,
            trust: trust.clone(),
        })
    }

    /// Who stands behind it.
    pub fn standing(&self) -> &Standing {
        &self.standing
    }

    /// Everybody whose signature fits, trusted or not.
    #[cfg(feature = "compiler")]
    pub(crate) fn signers(&self) -> &[PublicKey] {
        &self.signers
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

    /// Whether native code may be loaded, whatever is in it.
    pub(crate) fn may_load(&self, native: &NativeCode) -> Result<(), MissReason> {
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
        Ok(())
    }

    /// Native code, if it may be loaded at all.
    pub(crate) fn native_code(&self, native: &NativeCode) -> Result<SignedCode, MissReason> {
        self.may_load(native)?;
        let bytes = self.blob(native.code).map_err(|_| MissReason::Corrupt("native code"))?;
        Ok(SignedCode { bytes })
    }

    /// The native code of a module that this engine would make the same way and this CPU can run, the one that
    /// uses most of the CPU first; never empty. Or why there is none.
    pub(crate) fn candidates(
        &self,
        recipe: &L2Recipe,
        cpu: &HostCpu,
    ) -> Result<Vec<&NativeCode>, MissReason> {
        let wanted = recipe.fields();
        let same_wasm: Vec<&NativeCode> =
            self.manifest.natives.iter().filter(|native| native.wasm == recipe.wasm).collect();
        let makers: Vec<&NativeCode> = same_wasm
            .iter()
            .copied()
            .filter(|native| changed_maker(&wanted, &native.fields).is_none())
            .collect();
        let lacks = |native: &NativeCode| {
            cpu.lacks(&native.target, native.features.iter().map(String::as_str)).map(str::to_owned)
        };
        let mut fit: Vec<&NativeCode> =
            makers.iter().copied().filter(|native| lacks(native).is_none()).collect();
        fit.sort_by_key(|native| std::cmp::Reverse(native.features.len()));
        if !fit.is_empty() {
            return Ok(fit);
        }
        if let (true, Some(other)) = (makers.is_empty(), same_wasm.first()) {
            return Err(changed_maker(&wanted, &other.fields).unwrap_or(MissReason::Cold));
        }
        // Of what it lacks for each piece of code, the least: a machine without AVX is told so, and not that
        // it is no ARM.
        let lacking = |native: &&NativeCode| {
            let feature = lacks(native)?;
            Some((feature == native.target.split('-').next().unwrap_or_default(), feature))
        };
        let least = makers.iter().filter_map(lacking).min();
        Err(least.map_or(MissReason::Cold, |(_, feature)| MissReason::IsaUnsupported(feature)))
    }

    /// Native code for a recipe, unpacked; or why there is none.
    pub(crate) fn native_for(&self, recipe: &L2Recipe, cpu: &HostCpu) -> Result<TrustedCode, MissReason> {
        let mut refused = None;
        for native in self.candidates(recipe, cpu)? {
            match self.native_code(native).and_then(|code| code.for_cpu(cpu)) {
                Ok(code) => return Ok(code),
                Err(reason) => refused = refused.or(Some(reason)),
            }
        }
        Err(refused.unwrap_or(MissReason::Cold))
    }
}

/// The first thing that an engine which makes `wanted` does otherwise than the one that made `made`, whatever CPUs
/// they are for.
fn changed_maker(wanted: &[Field], made: &[Field]) -> Option<MissReason> {
    let about = |field: &&Field| match field.kind {
        FieldKind::Engine => ["wasmtime", "code generation"].contains(&field.name.as_str()),
        FieldKind::Option => field.name != "CPU level",
        _ => false,
    };
    let changed = |field: &&Field| value(made, field.kind, &field.name).as_ref() != Some(&field.value);
    // The engine is named before an option.
    let mut fields: Vec<&Field> = wanted.iter().filter(about).filter(changed).collect();
    fields.sort_by_key(|field| (field.kind != FieldKind::Engine, field.name != "wasmtime"));
    let Field { kind, name, value: new, .. } = fields.first()?;
    let (name, new) = (name.clone(), new.clone());
    let old = value(made, *kind, &name).unwrap_or_default();
    Some(match kind {
        FieldKind::Engine => MissReason::EngineChanged { what: name, old, new },
        _ => MissReason::OptionsChanged { name, old, new },
    })
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
