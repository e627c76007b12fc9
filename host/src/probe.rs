//! The direct path of a script: from source text to its code without parsing, inferring or lowering.
//!
//! A probe entry is kept beside the level-1 entries, under a key over the script's text, the request
//! and everything that the compiler is made of. It holds the artifacts of all units, the places that
//! tracebacks need, and a record of every fact about the world that the compiler asked for: the text
//! of each imported module, modules that were looked for and absent, the schema of each dataset. It
//! is used only if all of these facts are the same again; else the ordinary path runs, and decides
//! by itself what is stale. Native code is looked up by the artifacts' wasm as always.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ovenbird_compiler::abi;
use ovenbird_compiler::artifact::Artifact;
use ovenbird_compiler::resolve::World;
use ovenbird_compiler::source::{SourceFile, Sources};
use ovenbird_compiler::types::Type;
use serde::{Deserialize, Serialize};

use crate::cache::key::{self, Digest, L1Recipe, L2Recipe};
use crate::engine::Engine;
use crate::program::{Checked, Source};
use crate::run::Group;
use crate::traceback::{Place, Places};
use crate::unit::{LoadedUnit, Provenance, Timings, UnitInfo};
use crate::world::{Asked, GrantedWorld};

/// Largest probe entry that is written.
const MAX_BYTES: usize = 8 << 20;

/// What a probe entry holds.
#[derive(Serialize, Deserialize)]
struct Manifest {
    /// Modules that were asked for, with the digest of their text; `None` if there was none.
    modules: Vec<(String, Option<Digest>)>,
    /// Datasets that were asked for, with the fingerprint of their schema.
    schemas: Vec<(String, u64)>,
    /// The program's files by number.
    files: Vec<File>,
    units: Vec<Unit>,
}

/// A file of the program.
#[derive(Serialize, Deserialize)]
enum File {
    /// The script itself.
    Main,
    /// An imported module, by name.
    Module(String),
    /// A file of the library: no traceback shows it.
    Library,
}

#[derive(Serialize, Deserialize)]
struct Unit {
    label: String,
    params: Vec<String>,
    result: String,
    key: String,
    entries: Vec<usize>,
    places: Vec<Place>,
    artifact: Vec<u8>,
}

/// The recipe of a probe: an artifact recipe whose "typed program" is the text itself.
fn recipe(engine: &Engine, source: &Source) -> L1Recipe {
    let mut bytes = Vec::with_capacity(source.text().len() + 64);
    bytes.extend((source.name().len() as u64).to_le_bytes());
    bytes.extend(source.name().as_bytes());
    bytes.extend(source.text().as_bytes());
    L1Recipe {
        label: format!("{} (program)", source.name()),
        typed_program: blake3::derive_key("ovenbird 2026-11 L0 probe v1", &bytes),
        functions: Vec::new(),
        globals: Vec::new(),
        schemas: Vec::new(),
        arguments: Vec::new(),
        options: vec![
            ("optimise".to_owned(), format!("{:?}", engine.options().optimise)),
            ("request".to_owned(), "run".to_owned()),
        ],
        library_fingerprint: key::digest(ovenbird_stdlib::FINGERPRINT.as_bytes()),
        host_abi_version: abi::VERSION,
        import_table: key::import_table_digest(),
        compiler_fingerprint: key::compiler_fingerprint(),
    }
}

/// The script's code, if a probe entry fits the world as it is. Anything odd is a miss.
pub(crate) fn load(engine: &Engine, source: &Source, world: &GrantedWorld<'_>) -> Option<Group> {
    let started = Instant::now();
    let bytes = engine.cache().get_artifact(&recipe(engine, source)).ok()?;
    let config = bincode::config::standard().with_limit::<MAX_BYTES>();
    let (manifest, _): (Manifest, usize) = bincode::serde::decode_from_slice(&bytes, config).ok()?;
    let mut texts: BTreeMap<String, (String, String)> = BTreeMap::new();
    for (name, digest) in &manifest.modules {
        let found = world.module(name);
        if found.as_ref().map(|(_, text)| key::digest(text.as_bytes())) != *digest {
            return None;
        }
        if let Some(found) = found {
            texts.insert(name.clone(), found);
        }
    }
    for (path, fingerprint) in &manifest.schemas {
        if world.schema(path).ok()?.fingerprint() != *fingerprint {
            return None;
        }
    }
    let mut sources = Sources::default();
    for file in &manifest.files {
        sources.add(match file {
            File::Main => SourceFile::new(source.name(), source.text(), false),
            File::Module(name) => {
                let (display, text) = texts.get(name)?;
                SourceFile::new(display.clone(), text.as_str(), false)
            }
            File::Library => SourceFile::new("", "", true),
        });
    }
    let check = started.elapsed();
    let units: Option<Vec<LoadedUnit>> =
        manifest.units.into_iter().map(|unit| unit.load(engine, check)).collect();
    Some(Group::assembled(units?, sources, BTreeMap::new()))
}

impl Unit {
    fn load(self, engine: &Engine, check: Duration) -> Option<LoadedUnit> {
        let started = Instant::now();
        let artifact = Artifact::decode(&self.artifact).ok()?;
        let recipe = L2Recipe {
            label: self.label.clone(),
            wasm: key::wasm_digest(&artifact.wasm),
            engine: engine.identity(),
            metering: crate::unit::METERING.to_owned(),
        };
        let native = engine.cache().get_native(&recipe, engine.wasmtime()).ok()?;
        let timings = Timings { check, load: started.elapsed(), ..Timings::default() };
        let info = UnitInfo {
            label: self.label,
            params: self.params,
            result: self.result,
            provenance: Provenance::Probe,
            timings,
            wasm_bytes: artifact.wasm.len(),
            key: self.key,
        };
        Some(LoadedUnit {
            artifact: Arc::new(artifact),
            native,
            places: Places::new(self.places),
            info,
            // A script is called without arguments and returns nothing.
            result: Type::None,
            params: Vec::new(),
            entries: self.entries,
        })
    }
}

/// Keeps what a checked and loaded script needs next time. Only for scripts that asked for caching
/// in every unit.
pub(crate) fn store(engine: &Engine, source: &Source, checked: &Checked, group: &Group, asked: Asked) {
    let worth = checked.units.iter().all(|unit| unit.cache);
    if !worth || !engine.cache().is_on() {
        return;
    }
    let Some(manifest) = manifest(source, checked, group, asked) else { return };
    let Ok(bytes) = bincode::serde::encode_to_vec(&manifest, bincode::config::standard()) else { return };
    if bytes.len() <= MAX_BYTES {
        engine.cache().put_artifact(&recipe(engine, source), &bytes, checked.time);
    }
}

fn manifest(source: &Source, checked: &Checked, group: &Group, asked: Asked) -> Option<Manifest> {
    let display: BTreeMap<&str, &str> = asked
        .modules
        .iter()
        .filter_map(|(name, found)| found.as_ref().map(|(display, _)| (display.as_str(), name.as_str())))
        .collect();
    let mut files = Vec::new();
    for file in checked.sources.iter() {
        files.push(if file.library {
            File::Library
        } else if file.name == source.name() {
            File::Main
        } else {
            File::Module((*display.get(file.name.as_str())?).to_owned())
        });
    }
    let modules = asked
        .modules
        .iter()
        .map(|(name, found)| (name.clone(), found.as_ref().map(|(_, text)| key::digest(text.as_bytes()))))
        .collect();
    // A dataset that could not be read is a fact that may change without a trace: no probe then.
    let schemas =
        asked.schemas.into_iter().map(|(path, found)| Some((path, found?))).collect::<Option<Vec<_>>>()?;
    let units = group
        .units()
        .iter()
        .map(|unit| Unit {
            label: unit.info.label.clone(),
            params: unit.info.params.clone(),
            result: unit.info.result.clone(),
            key: unit.info.key.clone(),
            entries: unit.entries.clone(),
            places: unit.places.to_vec(),
            artifact: unit.artifact.encode(),
        })
        .collect();
    Some(Manifest { modules, schemas, files, units })
}
