//! Entries of a cache ↔ a bundle: how compiled code moves between machines.
//!
//! An entry's authentication code is keyed with its owner's secret and says nothing elsewhere, so entries
//! travel under a signature and are sealed again where they arrive. What is exported does not tell when and
//! where it was made, so that exporting what was imported gives the same bytes.

use std::fs::File;
use std::io::Write;

use ovenbird_compiler::artifact::Artifact;
use ovenbird_compiler::metering;

use super::contents::{Contents, Origin};
use super::keys::SecretKey;
use super::manifest::{Module, NativeCode};
use super::trust::Trust;
use super::{Bundle, Refusal, SignedCode};
use crate::cache::entry::Kind;
use crate::cache::{Adopted, Cache, MissReason, Offer};

impl SignedCode {
    /// For the cache, which seals it anew.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Entries that are in the cache now and were not before.
    pub added: usize,
    /// Entries that were there already.
    pub present: usize,
    /// Entries that were not taken: label and why.
    pub refused: Vec<(String, String)>,
}

/// Puts every valid entry of a cache into a bundle and signs it. An error if it would be too large. It is made in memory:
/// see [`Collected`].
pub fn export(cache: &Cache, keys: &[&SecretKey]) -> Result<Vec<u8>, String> {
    export_some(cache, keys, &|_| true)
}

/// The same with those entries whose label (`module.function`) is meant.
pub fn export_some(
    cache: &Cache,
    keys: &[&SecretKey],
    is_meant: &dyn Fn(&str) -> bool,
) -> Result<Vec<u8>, String> {
    let contents = filled(Contents::default(), cache, is_meant)?;
    contents.seal(keys).ok_or_else(|| "the bundle would be too large".to_owned())
}

/// The entries of a cache, on their way into a bundle. No more than one at a time is in memory; they wait in a file.
pub struct Collected(Contents);

impl Collected {
    /// Takes the valid entries whose label is meant. `spool` is an empty file that can be read and written, best one without a
    /// name: collecting takes time, and nothing is to be left by who is interrupted.
    pub fn collect(cache: &Cache, is_meant: &dyn Fn(&str) -> bool, spool: File) -> Result<Self, String> {
        filled(Contents::in_file(spool), cache, is_meant).map(Collected)
    }

    /// Signs them and writes what [`export_some`] gives; returns how long that is. An error if it would be too large, an entry
    /// could not be kept, or writing failed.
    pub fn write(self, keys: &[&SecretKey], out: &mut dyn Write) -> Result<u64, String> {
        self.0.seal_into(keys, out)
    }
}

/// The entries that are meant.
fn filled(
    mut contents: Contents,
    cache: &Cache,
    is_meant: &dyn Fn(&str) -> bool,
) -> Result<Contents, String> {
    for (kind, trailer, payload) in cache.exportable() {
        if !is_meant(&trailer.label) {
            continue;
        }
        let origin = Origin {
            label: &trailer.label,
            fields: trailer.fields,
            made_in_us: trailer.made_in_us,
            producer: &trailer.producer,
        };
        match kind {
            // What a text gave for a request is of use on this machine only.
            Kind::Probe | Kind::Diagnostics => {}
            // What another version stored may be something else.
            Kind::Artifact => {
                if let Ok(artifact) = Artifact::decode(&payload) {
                    contents.module(origin, &payload, &artifact.wasm)?;
                }
            }
            // An entry that does not say what it is for is left behind; it was of no use here either. That one could not be
            // kept is known when the bundle is sealed.
            Kind::Native => drop(contents.native(origin, &payload)),
        }
    }
    Ok(contents)
}

/// Takes the entries of a bundle into a cache. All of the bundle is checked first; if it is refused, the
/// cache is as it was.
pub fn import(cache: &Cache, bytes: Vec<u8>, trust: &Trust) -> Result<Imported, Refusal> {
    import_some(cache, bytes, trust, &|_| true)
}

/// The same for those entries whose label (`module.function`) is meant.
pub fn import_some(
    cache: &Cache,
    bytes: Vec<u8>,
    trust: &Trust,
    is_meant: &dyn Fn(&str) -> bool,
) -> Result<Imported, Refusal> {
    let bundle = Bundle::open(bytes, trust)?;
    let mut imported = Imported::default();
    let mut count = |label: &str, outcome: Result<Adopted, String>| match outcome {
        Ok(Adopted::Added) => imported.added += 1,
        Ok(Adopted::Present) => imported.present += 1,
        Err(why) => imported.refused.push((label.to_owned(), why)),
    };
    for module in bundle.manifest().modules.iter().filter(|module| is_meant(&module.label)) {
        count(&module.label, import_module(cache, &bundle, module));
    }
    for native in bundle.manifest().natives.iter().filter(|native| is_meant(&native.label)) {
        count(&native.label, import_native(cache, &bundle, native));
    }
    Ok(imported)
}

fn import_module(cache: &Cache, bundle: &Bundle, module: &Module) -> Result<Adopted, String> {
    let Module { label, fields, made_in_us, producer, artifact, .. } = module;
    let offer = Offer { label, fields, made_in_us: *made_in_us, producer, signers: bundle.signers() };
    let bytes = bundle.blob(*artifact)?;
    metering::verify_metering(&Artifact::decode(&bytes)?.wasm)?;
    cache.adopt_artifact(&offer, &bytes)
}

fn import_native(cache: &Cache, bundle: &Bundle, native: &NativeCode) -> Result<Adopted, String> {
    let NativeCode { label, fields, made_in_us, producer, .. } = native;
    let offer = Offer { label, fields, made_in_us: *made_in_us, producer, signers: bundle.signers() };
    let code = bundle.native_code(native).map_err(|reason: MissReason| reason.to_string())?;
    cache.adopt_native(&offer, &code)
}
