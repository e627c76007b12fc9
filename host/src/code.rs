//! Code of one unit, ready to be instantiated, and what is known about it: where it came from, how long that took.
//! `unit` makes it or finds it in the caches, `bundle` brings it along.

use std::sync::Arc;
use std::time::Duration;

use ovenbird_compiler::abi::external::External;
use ovenbird_compiler::artifact::Artifact;
use ovenbird_compiler::types::Type;
use serde::{Deserialize, Serialize};

use crate::miss::Missed;
use crate::native::Native;
use crate::traceback::Places;

/// How wasm is metered; part of the level-2 key.
pub(crate) const METERING: &str = "slices";

/// Where a unit's code came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Provenance {
    /// Already in this process.
    Memory,
    /// From the cache by the program's text, which was not looked into.
    Probe,
    /// Native code from the cache.
    Native,
    /// Native code, and perhaps the wasm, from the remote tier.
    Remote,
    /// wasm from the cache, native code made now, and why.
    Wasm(Missed),
    /// Compiled now, and why.
    Compiled(Missed),
    /// Compiled now; the program does not ask for caching.
    NotCached,
    /// Compiled now; the cache is off.
    Off,
}

impl Provenance {
    /// Short name for tables and JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Provenance::Memory => "hit.mem",
            Provenance::Probe => "hit.l0",
            Provenance::Native => "hit.l2",
            Provenance::Remote => "hit.remote",
            Provenance::Wasm(_) => "hit.l1",
            Provenance::Compiled(_) => "miss",
            Provenance::NotCached | Provenance::Off => "bypass",
        }
    }

    /// Why it was not loaded, if it was not.
    pub fn reason(&self) -> Option<String> {
        match self {
            Provenance::Wasm(missed) | Provenance::Compiled(missed) => Some(missed.reason().to_string()),
            Provenance::Memory
            | Provenance::Probe
            | Provenance::Native
            | Provenance::Remote
            | Provenance::NotCached
            | Provenance::Off => None,
        }
    }
}

/// How long the steps took.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Timings {
    /// Parse, resolve and infer (of the whole program).
    pub check: Duration,
    /// Typed to optimised IR.
    pub lower: Duration,
    /// IR to wasm.
    pub encode: Duration,
    /// wasm to native code.
    pub native: Duration,
    /// Keys, look-ups, authentication and deserialisation.
    pub load: Duration,
}

/// What is known about a compiled unit.
#[derive(Clone, Debug)]
pub struct UnitInfo {
    /// `module.function`.
    pub label: String,
    /// Parameter types.
    pub params: Vec<String>,
    /// Result type.
    pub result: String,
    /// Where the code came from.
    pub provenance: Provenance,
    /// How long it took.
    pub timings: Timings,
    /// Bytes of wasm.
    pub wasm_bytes: usize,
    /// Key of the wasm.
    pub key: String,
}

/// Code of one unit.
#[derive(Clone)]
pub(crate) struct LoadedUnit {
    pub(crate) artifact: Arc<Artifact>,
    pub(crate) native: Native,
    pub(crate) places: Places,
    pub(crate) info: UnitInfo,
    pub(crate) result: Type,
    pub(crate) params: Vec<Type>,
    /// Units behind the artifact's entries, by index in the program.
    pub(crate) entries: Vec<usize>,
    /// The program's variables behind those that the artifact imports, one a scalar.
    pub(crate) variables: Vec<VariableLink>,
    /// The embedder's functions behind those that the artifact imports.
    pub(crate) externals: Vec<External>,
}

/// One scalar of a variable of the program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct VariableLink {
    /// `module.name`.
    pub(crate) name: String,
    /// Number of the variable in the program.
    pub(crate) index: usize,
    /// Which scalar of it.
    pub(crate) scalar: usize,
}

/// The parts of a unit that do not depend on where its source stands.
#[derive(Clone)]
pub(crate) struct Code {
    pub(crate) artifact: Arc<Artifact>,
    pub(crate) native: Native,
}
