//! What checking a program gives: the typed program, or with worker processes, where that stays there, its outline.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ovenbird_compiler::source::Sources;
use ovenbird_compiler::typed::Unit;
use serde::{Deserialize, Serialize};

use crate::compilation::Compilation;
use crate::io::Dataset;
use crate::world::Asked;

/// A program as inferred for one request.
pub struct Checked {
    /// The units; a module body comes first. With worker processes none: the typed program is not shown to the process
    /// that it could be hostile to. [`Checked::outline`] is the same in both.
    pub units: Vec<Arc<Unit>>,
    /// The sources.
    pub sources: Sources,
    pub(crate) datasets: BTreeMap<String, Dataset>,
    pub(crate) time: Duration,
    /// What the compiler asked the world for.
    pub(crate) asked: Asked,
    /// The budget that the rest of the work is under as well.
    pub(crate) compilation: Compilation,
    /// What a worker told of the units.
    pub(super) told: Vec<UnitOutline>,
}

/// What a checked unit is called, takes and gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitOutline {
    /// `module.function`; `module.__main__` for a module body.
    pub label: String,
    /// Types of the parameters.
    pub params: Vec<String>,
    /// Type of the result.
    pub result: String,
    /// Whether the program asks for caching.
    pub cache: bool,
}

impl Checked {
    /// The units, in short; a module body comes first.
    pub fn outline(&self) -> Vec<UnitOutline> {
        if self.units.is_empty() {
            return self.told.clone();
        }
        let outline = |unit: &Arc<Unit>| UnitOutline {
            label: unit.label.clone(),
            params: unit.params.iter().map(ToString::to_string).collect(),
            result: unit.functions.first().map(|root| root.result.to_string()).unwrap_or_default(),
            cache: unit.cache,
        };
        self.units.iter().map(outline).collect()
    }
}
