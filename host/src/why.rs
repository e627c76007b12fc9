//! What a run would find in the cache: program + request → for each unit, what each level has, and why not.
//!
//! Nothing is run, stored, counted or told. Where the wasm is not stored it is made here, in memory, to know
//! whether its native code is: an edit that gives the same wasm reuses it.

use std::sync::Arc;

use ovenbird_compiler::artifact::Artifact;
use ovenbird_compiler::infer::Request;
use ovenbird_compiler::typed::Unit;

use crate::cache::key::{self, L1Recipe, L2Recipe};
use crate::cache::why::Finding;
use crate::cache::{Bypass, MissReason, Outcome, Tier};
use crate::compilation::with_sources;
use crate::engine::Engine;
use crate::error::Error;
use crate::globals::Snapshot;
use crate::limits::Limits;
use crate::probe::Probe;
use crate::program::{Checked, Program};
use crate::stages;
use crate::unit::{self, METERING};

/// What the cache has for a unit.
#[derive(Clone, Debug)]
pub struct UnitWhy {
    /// `module.function`.
    pub label: String,
    /// Parameter types.
    pub params: Vec<String>,
    /// What a run would find.
    pub outcome: Outcome,
    /// The level of the wasm; `None` if the cache is not asked.
    pub wasm: Option<Finding>,
    /// The level of the native code; `None` if the cache is not asked.
    pub native: Option<Finding>,
}

impl Program {
    /// What a run would find in the cache for each unit of a request, and why not. With worker processes the code of all
    /// units is one entry, found by the program's text: that is told as the level of native code, and there is no other.
    pub fn why(&self, request: Request<'_>) -> Result<Vec<UnitWhy>, Error> {
        if let Some(client) = self.engine().client() {
            return self.why_there(client, request);
        }
        let checked = self.check_quietly(request)?;
        checked.units.iter().map(|unit| why(self.engine(), &checked, unit)).collect()
    }
}

/// What the direct path would find for a request; `None` if there is none.
pub(crate) fn direct(program: &Program, request: Request<'_>) -> Option<Finding> {
    let (engine, source) = (program.engine(), program.source());
    let world = source.world(&Limits::default());
    let probe = Probe::new(engine, source, &Snapshot::default(), request)?;
    engine.cache().is_on().then(|| probe.find(&world))
}

/// What the cache has for a unit of a checked program.
pub(crate) fn why(engine: &Engine, checked: &Checked, unit: &Arc<Unit>) -> Result<UnitWhy, Error> {
    let known = UnitWhy {
        label: unit.label.clone(),
        params: unit.params.iter().map(ToString::to_string).collect(),
        outcome: Outcome::Bypass(if unit.cache { Bypass::Off } else { Bypass::NotAsked }),
        wasm: None,
        native: None,
    };
    if !unit.cache || !engine.cache().is_on() {
        return Ok(known);
    }
    let (recipe, artifact, mut wasm) = stored(engine, unit);
    let damaged = wasm.reason.is_none() && artifact.is_none();
    if damaged {
        wasm.reason = Some(MissReason::Corrupt("artifact"));
    }
    let artifact = match artifact {
        Some(artifact) => artifact,
        None => make(engine, checked, unit)?,
    };
    let native = engine.cache().find_native(&native_recipe(engine, &recipe, &artifact));
    let outcome = match (&wasm.reason, &native.reason) {
        (None, None) => Outcome::Hit(Tier::Native),
        (None, Some(_)) => Outcome::Hit(Tier::Wasm),
        (Some(reason), _) => Outcome::Miss(reason.clone()),
    };
    Ok(UnitWhy { outcome, wasm: Some(wasm), native: Some(native), ..known })
}

/// The recipe of a unit's wasm, the stored artifact if it can be used, and what the look-up finds.
pub(crate) fn stored(engine: &Engine, unit: &Arc<Unit>) -> (L1Recipe, Option<Artifact>, Finding) {
    let recipe = unit::recipe(engine, unit, unit::typed_digest(unit));
    let finding = engine.cache().find_artifact(&recipe);
    let artifact = engine.cache().peek_artifact(&recipe).and_then(|bytes| Artifact::decode(&bytes).ok());
    (recipe, artifact, finding)
}

/// A unit's wasm, made anew within what the request may use.
pub(crate) fn make(engine: &Engine, checked: &Checked, unit: &Unit) -> Result<Artifact, Error> {
    let compilation = &checked.compilation;
    let module = stages::intermediate(engine, unit, compilation);
    let artifact = module.and_then(|module| stages::encoded(unit, &module, compilation));
    artifact.map_err(|error| with_sources(error, &checked.sources))
}

/// The recipe of an artifact's native code.
pub(crate) fn native_recipe(engine: &Engine, recipe: &L1Recipe, artifact: &Artifact) -> L2Recipe {
    L2Recipe {
        label: recipe.label.clone(),
        wasm: key::wasm_digest(&artifact.wasm),
        engine: engine.identity(),
        metering: METERING.to_owned(),
    }
}
