//! Bundle → what people and scripts want to know of it. Reads any bundle that is whole, whoever signed it,
//! and uses nothing in it.

use std::fmt;

use serde::Serialize;

use super::manifest::{Manifest, Module, NativeCode};
use super::trust::{PublicKey, Trust};
use super::{BadBundle, check_contents, format};
use crate::key::{Field, hex, level2_key};

/// A bundle in words.
#[derive(Clone, Debug, Serialize)]
pub struct Description {
    /// Its size.
    pub bytes: usize,
    /// Whose signatures fit.
    pub signatures: Vec<Signer>,
    /// What can be called.
    pub callables: Vec<String>,
    /// The wasm in it.
    pub modules: Vec<Entry>,
    /// The native code in it.
    pub natives: Vec<NativeEntry>,
    /// The source files in it.
    pub files: Vec<String>,
}

/// A key that signed a bundle.
#[derive(Clone, Debug, Serialize)]
pub struct Signer {
    /// `ed25519:…`
    pub key: String,
    /// What the user calls it, if it is trusted.
    pub trusted_as: Option<String>,
    /// Whether it was revoked.
    pub revoked: bool,
}

/// wasm of one unit.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// `module.function`.
    pub label: String,
    /// Its key.
    pub key: String,
    /// Bytes of the artifact, unpacked.
    pub bytes: u64,
    /// Version of Ovenbird that made it.
    pub producer: String,
    /// What its key covers.
    pub inputs: Vec<(String, String)>,
}

/// Native code of one unit.
#[derive(Clone, Debug, Serialize)]
pub struct NativeEntry {
    /// `module.function`.
    pub label: String,
    /// CPU level, or `native`.
    pub level: String,
    /// Target, as the code says.
    pub target: String,
    /// CPU features, as the code says.
    pub features: Vec<String>,
    /// The engine's eight digits, by which it can be revoked.
    pub engine: String,
    /// Full version of wasmtime.
    pub wasmtime: String,
    /// Whether the engine was revoked.
    pub revoked: bool,
    /// Its key.
    pub key: String,
    /// Bytes of code, unpacked.
    pub bytes: u64,
}

/// Describes a bundle. An error if it is not whole.
pub fn describe(bytes: &[u8], trust: &Trust) -> Result<Description, BadBundle> {
    let parts = format::open(format::Purpose::BUNDLE, bytes)?;
    let (manifest, _) = check_contents(bytes, &parts)?;
    let signer = |key: &PublicKey| Signer {
        key: key.to_string(),
        trusted_as: trust.vouches([key]).map(|(_, name)| name.to_owned()),
        revoked: trust.is_key_revoked(key),
    };
    let Manifest { blobs, modules, natives, files, programs } = &manifest;
    let size = |blob: u32| blobs.get(blob as usize).map_or(0, |blob| blob.size);
    let shown = |fields: &[Field]| fields.iter().map(|f| (f.name.clone(), f.value.clone())).collect();
    let entry = |module: &Module| Entry {
        label: module.label.clone(),
        key: hex(&module.key),
        bytes: size(module.artifact),
        producer: module.producer.clone(),
        inputs: shown(&module.fields),
    };
    let native = |native: &NativeCode| NativeEntry {
        label: native.label.clone(),
        level: native.level.clone(),
        target: native.target.clone(),
        features: native.features.clone(),
        engine: level2_key(&native.fields).1,
        wasmtime: native
            .fields
            .iter()
            .find(|f| f.name == "wasmtime")
            .map(|f| f.value.clone())
            .unwrap_or_default(),
        revoked: trust.is_engine_revoked(&native.fields),
        key: hex(&native.key),
        bytes: size(native.code),
    };
    let callables = programs.iter().map(|program| {
        let root = program.units.first();
        match (program.name.as_str(), root) {
            ("", _) => "module body".to_owned(),
            (name, Some(root)) => {
                let rows = if program.rows { " for each row" } else { "" };
                format!("{name}({}) -> {}{rows}", root.params.join(", "), root.result)
            }
            (name, None) => name.to_owned(),
        }
    });
    let mut natives: Vec<NativeEntry> = natives.iter().map(native).collect();
    natives.sort_by(|a, b| (&a.label, &a.target, &a.level).cmp(&(&b.label, &b.target, &b.level)));
    let mut modules: Vec<Entry> = modules.iter().map(entry).collect();
    modules.sort_by(|a, b| (&a.label, &a.key).cmp(&(&b.label, &b.key)));
    Ok(Description {
        bytes: bytes.len(),
        signatures: parts.signers.iter().map(PublicKey::from).map(|key| signer(&key)).collect(),
        callables: callables.collect(),
        modules,
        natives,
        files: files.iter().map(|file| file.name.clone()).collect(),
    })
}

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Description { bytes, signatures, callables, modules, natives, files } = self;
        writeln!(f, "{bytes} bytes")?;
        if signatures.is_empty() {
            writeln!(f, "not signed")?;
        }
        for Signer { key, trusted_as, revoked } in signatures {
            let standing = match (trusted_as, revoked) {
                (_, true) => "REVOKED".to_owned(),
                (Some(name), false) => format!("trusted as {name}"),
                (None, false) => "not trusted here".to_owned(),
            };
            writeln!(f, "signed by {key} ({standing})")?;
        }
        callables.iter().try_for_each(|callable| writeln!(f, "callable {callable}"))?;
        files.iter().try_for_each(|file| writeln!(f, "source {file}"))?;
        for Entry { label, key, bytes, .. } in modules {
            writeln!(f, "wasm   {label}  {bytes} bytes  {}", &key[..12])?;
        }
        for native in natives {
            let NativeEntry { label, level, target, features, engine, bytes, revoked, .. } = native;
            let revoked = if *revoked { "  REVOKED" } else { "" };
            let features: Vec<&str> = features.iter().map(|f| f.trim_start_matches("has_")).collect();
            let features = if features.is_empty() { "-".to_owned() } else { features.join(",") };
            writeln!(
                f,
                "native {label}  {level}  {target}  {bytes} bytes  engine {engine}  {features}{revoked}"
            )?;
        }
        Ok(())
    }
}
