//! What a probe entry holds: loaded units ↔ bytes.
//!
//! The bytes were authenticated, but they are still checked like any others: sizes are limited and every
//! index of the artifacts' tables is in range, or there is no manifest.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bincode::Decode;
use bincode::de::Decoder;
use bincode::error::DecodeError;
use bincode::serde::Compat;
use ovenbird_compiler::abi::external::External;
use ovenbird_compiler::artifact::Artifact;
use ovenbird_compiler::source::{SourceFile, Sources};
use ovenbird_compiler::types::Type;
use serde::Serialize;

use super::facts::{Facts, Texts};
use super::shape::Shape;
use crate::cache::key::{self, Digest, L2Recipe};
use crate::engine::Engine;
use crate::external::table::are_imports_of;
use crate::native::Loading;
use crate::program::Source;
use crate::traceback::{Place, Places};
use crate::unit::{LoadedUnit, METERING, Provenance, Timings, UnitInfo, VariableLink};

/// Largest manifest that is written or read.
const MAX_BYTES: usize = 8 << 20;

/// Most memory that its tables take: small numbers are shorter in bytes.
const MAX_MEMORY: usize = 8 * MAX_BYTES;

/// What a probe entry holds.
#[derive(Serialize)]
pub(super) struct Manifest {
    pub(super) facts: Facts,
    /// The program's files by number.
    files: Vec<File>,
    units: Vec<Unit>,
}

/// A file of the program.
#[derive(Serialize)]
enum File {
    /// The text itself.
    Main,
    /// An imported module, by name.
    Module(String),
    /// A file of the library: no traceback shows it.
    Library,
}

#[derive(Serialize)]
struct Unit {
    label: String,
    params: Vec<String>,
    result: String,
    key: String,
    entries: Vec<usize>,
    variables: Vec<VariableLink>,
    externals: Vec<External>,
    /// The type of the result, where the host receives it.
    shape: Shape,
    places: Vec<Place>,
    /// Digest and length of the module, which is left out: its native code is looked up by the digest.
    wasm: Digest,
    wasm_len: usize,
    artifact: Artifact,
}

impl Manifest {
    /// `None` if a result is of a type that no host can receive.
    pub(super) fn of(
        source: &Source,
        sources: &Sources,
        units: &[LoadedUnit],
        facts: Facts,
    ) -> Option<Manifest> {
        let file = |file: &SourceFile| {
            Some(if file.library {
                File::Library
            } else if file.name == source.name() {
                File::Main
            } else {
                File::Module(facts.module_of(&file.name)?.to_owned())
            })
        };
        let files = sources.iter().map(file).collect::<Option<_>>()?;
        let units = units.iter().enumerate().map(|(index, unit)| Unit::of(unit, index == 0));
        Some(Manifest { files, units: units.collect::<Option<_>>()?, facts })
    }

    pub(super) fn encode(&self) -> Option<Vec<u8>> {
        let bytes = bincode::serde::encode_to_vec(self, bincode::config::standard()).ok()?;
        (bytes.len() <= MAX_BYTES).then_some(bytes)
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Manifest> {
        if bytes.len() > MAX_BYTES {
            return None;
        }
        let config = bincode::config::standard().with_limit::<MAX_MEMORY>();
        let (manifest, used): (Manifest, usize) = bincode::decode_from_slice(bytes, config).ok()?;
        let checked = |unit: &Unit| {
            unit.artifact.validate_tables(unit.wasm_len).is_ok()
                && are_imports_of(&unit.externals, &unit.artifact)
        };
        let linked = |unit: &Unit| unit.entries.iter().all(|entry| *entry < manifest.units.len());
        let whole = !manifest.units.is_empty() && manifest.units.iter().all(|u| checked(u) && linked(u));
        (used == bytes.len() && whole).then_some(manifest)
    }

    /// The program's files with their current texts.
    pub(super) fn sources(&self, source: &Source, texts: &Texts) -> Option<Sources> {
        let mut sources = Sources::default();
        for file in &self.files {
            sources.add(match file {
                File::Main => SourceFile::new(source.name(), source.shared_text(), false),
                File::Module(name) => {
                    let (display, text) = texts.get(name)?;
                    SourceFile::new(display.clone(), text.as_str(), false)
                }
                File::Library => SourceFile::new("", "", true),
            });
        }
        Some(sources)
    }

    /// The facts, and the units with their native code; the first takes `params`.
    pub(super) fn load(
        self,
        engine: &Engine,
        params: &[Type],
        check: Duration,
        when: Loading,
    ) -> Option<(Facts, Arc<[LoadedUnit]>)> {
        let mut units = Vec::with_capacity(self.units.len());
        for unit in self.units {
            let params = if units.is_empty() { params.to_vec() } else { Vec::new() };
            units.push(unit.load(engine, params, check, when)?);
        }
        Some((self.facts, units.into()))
    }
}

// What serde writes is read without it, where there is much of it: see `ovenbird_compiler::artifact`. In the order in which the
// fields are declared.

impl<C> Decode<C> for Manifest {
    fn decode<D: Decoder<Context = C>>(from: &mut D) -> Result<Self, DecodeError> {
        let Compat(facts) = Decode::decode(from)?;
        Ok(Manifest { facts, files: Decode::decode(from)?, units: Decode::decode(from)? })
    }
}

impl<C> Decode<C> for File {
    fn decode<D: Decoder<Context = C>>(from: &mut D) -> Result<Self, DecodeError> {
        Ok(match u32::decode(from)? {
            0 => File::Main,
            1 => File::Module(Decode::decode(from)?),
            2 => File::Library,
            _ => return Err(DecodeError::Other("no kind of file")),
        })
    }
}

impl<C> Decode<C> for Unit {
    fn decode<D: Decoder<Context = C>>(from: &mut D) -> Result<Self, DecodeError> {
        let (label, params, result, key, entries) = Decode::decode(from)?;
        let (Compat(variables), Compat(externals), Compat(shape)) = Decode::decode(from)?;
        let (places, wasm, wasm_len, artifact) = Decode::decode(from)?;
        Ok(Unit {
            label,
            params,
            result,
            key,
            entries,
            variables,
            externals,
            shape,
            places,
            wasm,
            wasm_len,
            artifact,
        })
    }
}

impl Unit {
    fn of(unit: &LoadedUnit, first: bool) -> Option<Unit> {
        Some(Unit {
            label: unit.info.label.clone(),
            params: unit.info.params.clone(),
            result: unit.info.result.clone(),
            key: unit.info.key.clone(),
            entries: unit.entries.clone(),
            variables: unit.variables.clone(),
            externals: unit.externals.clone(),
            // Only the first is called by the host.
            shape: if first { Shape::of(&unit.result)? } else { Shape::None },
            places: unit.places.to_vec(),
            wasm: key::wasm_digest(&unit.artifact.wasm),
            wasm_len: unit.info.wasm_bytes,
            artifact: unit.artifact.without_wasm(),
        })
    }

    fn load(self, engine: &Engine, params: Vec<Type>, check: Duration, when: Loading) -> Option<LoadedUnit> {
        let started = Instant::now();
        let recipe = L2Recipe {
            label: self.label.clone(),
            wasm: self.wasm,
            engine: engine.identity(),
            metering: METERING.to_owned(),
        };
        let native = engine.cached_native(&recipe, when).ok()?;
        let timings = Timings { check, load: started.elapsed(), ..Timings::default() };
        let info = UnitInfo {
            label: self.label,
            params: self.params,
            result: self.result,
            provenance: Provenance::Probe,
            timings,
            wasm_bytes: self.wasm_len,
            key: self.key,
        };
        Some(LoadedUnit {
            artifact: Arc::new(self.artifact),
            native,
            places: Places::new(self.places),
            info,
            result: self.shape.ty(),
            params,
            entries: self.entries,
            variables: self.variables,
            externals: self.externals,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::{Cache, CacheOptions, Secret};
    use crate::globals::Snapshot;
    use crate::imports::Output;
    use crate::probe::Probe;
    use crate::run::Tenant;
    use ovenbird_compiler::infer::Request;

    /// What is kept of a script of two units, as bytes.
    fn kept() -> Vec<u8> {
        let text = "import ovenbird\n\n\n@ovenbird.jit(cache=True)\ndef f(x):\n    return 10 // x\n\n\nprint(f(2))\n";
        let folder = tempfile::tempdir().expect("temp");
        let (dir, secret) = (Some(folder.path().join("cache")), Some(Secret::from_bytes([7; 32])));
        let cache = Cache::open(CacheOptions { dir, secret, ..CacheOptions::default() });
        let engine = Engine::builder().cache(cache).build().expect("an engine");
        let source = Source::new("main.py", text);
        let outcome = engine.compile(&source).expect("it parses").run(&Tenant::default(), Output::Discard);
        outcome.result.expect("it runs");
        let probe = Probe::new(&engine, &source, &Snapshot::default(), Request::Run).expect("there is one");
        engine.cache().get_probe(&probe.recipe).expect("it is kept")
    }

    #[test]
    fn what_does_not_hold_together_is_no_manifest() {
        let bytes = kept();
        let holds = |change: fn(&mut Manifest)| {
            let mut manifest = Manifest::decode(&bytes).expect("it holds together");
            change(&mut manifest);
            Manifest::decode(&manifest.encode().expect("small")).is_some()
        };
        assert!(holds(|manifest| assert_eq!(manifest.units.len(), 2)));
        let wrong: [fn(&mut Manifest); 5] = [
            |manifest| manifest.units.clear(),
            |manifest| manifest.units[0].entries.push(2),
            |manifest| manifest.units[1].entries.push(usize::MAX),
            |manifest| manifest.units[1].wasm_len = 1,
            |manifest| {
                manifest.units[0]
                    .artifact
                    .exports
                    .push((String::new(), ovenbird_compiler::ir::FuncId(u32::MAX)))
            },
        ];
        for (number, change) in wrong.into_iter().enumerate() {
            assert!(!holds(change), "{number}");
        }
        assert!(Manifest::decode(&[&bytes[..], b"x"].concat()).is_none());
    }
}
