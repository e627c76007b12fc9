//! Typed unit → its code, from the caches or made now.

use std::sync::Arc;
use std::time::Instant;

use ovenbird_compiler::artifact::Artifact;
use ovenbird_compiler::border::Border;
use ovenbird_compiler::typed::Unit;
use ovenbird_compiler::types::Type;
use ovenbird_compiler::{metering, write_canonical};

use crate::cache::entry::Kind;
use crate::cache::key::{
    self, FunctionInputs, GlobalInput, HostFunctionInput, L1Recipe, L2Recipe, SchemaInput,
};
use crate::cache::{Bypass, MadeArtifact, MadeNative, MissReason, Outcome, Tier};
pub(crate) use crate::code::{Code, LoadedUnit, METERING, Provenance, Timings, UnitInfo, VariableLink};
use crate::compilation::Compilation;
use crate::engine::Engine;
use crate::error::Error;
use crate::native::Native;
use crate::stages;
use crate::traceback::Places;

impl Provenance {
    /// The same as the cache counts it.
    pub fn outcome(&self) -> Outcome {
        match self {
            Provenance::Memory => Outcome::Hit(Tier::Memory),
            Provenance::Probe => Outcome::Hit(Tier::Probe),
            Provenance::Native => Outcome::Hit(Tier::Native),
            Provenance::Remote => Outcome::Hit(Tier::Remote),
            Provenance::Wasm(_) => Outcome::Hit(Tier::Wasm),
            Provenance::Compiled(missed) => Outcome::Miss(missed.reason().clone()),
            Provenance::NotCached => Outcome::Bypass(Bypass::NotAsked),
            Provenance::Off => Outcome::Bypass(Bypass::Off),
        }
    }
}

impl VariableLink {
    pub(crate) fn of(unit: &Unit) -> Vec<VariableLink> {
        let name = |index: usize| unit.variables.iter().find(|v| v.index == index).map(|v| v.name.clone());
        let link = |(index, scalar)| VariableLink { name: name(index).unwrap_or_default(), index, scalar };
        unit.variable_scalars().into_iter().map(link).collect()
    }
}

/// The recipe of a unit's wasm.
pub(crate) fn recipe(engine: &Engine, unit: &Arc<Unit>, typed_program: [u8; 32]) -> L1Recipe {
    let globals = unit
        .globals
        .iter()
        .map(|(name, value)| GlobalInput {
            name: name.clone(),
            value: value.clone(),
            digest: key::digest(value.as_bytes()),
        })
        .collect();
    let schemas: Vec<SchemaInput> = unit
        .schemas
        .iter()
        .enumerate()
        .map(|(i, (label, columns))| SchemaInput {
            label: format!("{label} {i}"),
            columns: columns
                .iter()
                .map(|c| {
                    c.rsplit_once(": ")
                        .map_or((c.clone(), String::new()), |(n, t)| (n.to_owned(), t.to_owned()))
                })
                .collect(),
        })
        .chain(unit.params.iter().enumerate().filter_map(|(i, ty)| frame_schema(i, ty)))
        .collect();
    L1Recipe {
        label: unit.label.clone(),
        typed_program,
        functions: FunctionInputs::of(unit),
        globals,
        host_functions: unit.externals.iter().map(HostFunctionInput::of).collect(),
        schemas,
        arguments: unit.params.iter().map(argument).collect(),
        surroundings: engine.surroundings().compiler(),
    }
}

/// A parameter's type. The columns of a frame are fields of their own, so that a miss can name the one that
/// changed.
fn argument(ty: &Type) -> String {
    match Border::of(ty) {
        Some(Border::Frame(_)) => "frame".to_owned(),
        _ => ty.to_string(),
    }
}

fn frame_schema(index: usize, ty: &Type) -> Option<SchemaInput> {
    let Some(Border::Frame(columns)) = Border::of(ty) else { return None };
    let columns = columns.iter().map(|(name, column)| (name.to_string(), column.to_string())).collect();
    Some(SchemaInput { label: format!("argument {index}"), columns })
}

/// Names the code of a unit: the digest of its typed program.
pub(crate) fn typed_digest(unit: &Unit) -> [u8; 32] {
    key::digest_of(|sink| write_canonical(unit, sink))
}

impl LoadedUnit {
    /// Finds or makes the code of a unit with this digest.
    pub(crate) fn load(
        engine: &Engine,
        unit: &Arc<Unit>,
        typed_program: [u8; 32],
        compilation: &Compilation,
    ) -> Result<LoadedUnit, Error> {
        let unit = Self::find_or_make(engine, unit, typed_program, compilation)?;
        unit.count(engine);
        Ok(unit)
    }

    /// Tells the cache what became of this unit.
    pub(crate) fn count(&self, engine: &Engine) {
        let UnitInfo { label, provenance, timings, .. } = &self.info;
        let Timings { check: _, lower, encode, native, load } = *timings;
        let (cache, time) = (engine.cache(), lower + encode + native + load);
        match provenance {
            Provenance::Compiled(missed) => cache.count_made_unit(label, missed, time),
            found => cache.count_unit(label, &found.outcome(), time),
        }
    }

    fn find_or_make(
        engine: &Engine,
        unit: &Arc<Unit>,
        typed_program: [u8; 32],
        compilation: &Compilation,
    ) -> Result<LoadedUnit, Error> {
        let started = Instant::now();
        let mut timings = Timings::default();
        let mut remembered = engine.remembered(&typed_program);
        let _flight = remembered.is_none().then(|| engine.flight(typed_program));
        if remembered.is_none() {
            // Perhaps by the thread that this one waited for.
            remembered = engine.remembered(&typed_program);
        }
        if let Some(code) = remembered {
            timings.load = started.elapsed();
            return Ok(Self::assemble(unit, code, Provenance::Memory, timings, typed_program));
        }
        let (code, provenance) = if unit.cache && engine.cache().is_on() {
            Self::through_cache(engine, unit, typed_program, compilation, &mut timings)?
        } else {
            let artifact = Arc::new(make(engine, unit, compilation, &mut timings)?);
            let native = compile(engine, unit, &artifact, compilation, &mut timings)?.into_native();
            let provenance = if unit.cache { Provenance::Off } else { Provenance::NotCached };
            (Code { artifact, native }, provenance)
        };
        timings.load = started.elapsed().saturating_sub(timings.lower + timings.encode + timings.native);
        engine.remember(typed_program, code.clone());
        Ok(Self::assemble(unit, code, provenance, timings, typed_program))
    }

    fn assemble(
        unit: &Unit,
        code: Code,
        provenance: Provenance,
        timings: Timings,
        typed_program: [u8; 32],
    ) -> LoadedUnit {
        let result = unit.functions[0].result.clone();
        let info = UnitInfo {
            label: unit.label.clone(),
            params: unit.params.iter().map(ToString::to_string).collect(),
            result: result.to_string(),
            provenance,
            timings,
            wasm_bytes: code.artifact.wasm.len(),
            key: typed_program[..6].iter().map(|b| format!("{b:02x}")).collect(),
        };
        LoadedUnit {
            artifact: code.artifact,
            native: code.native,
            places: Places::of(unit),
            info,
            result,
            params: unit.params.clone(),
            entries: unit.entries.iter().map(|e| e.unit).collect(),
            variables: VariableLink::of(unit),
            externals: unit.externals.clone(),
        }
    }

    fn through_cache(
        engine: &Engine,
        unit: &Arc<Unit>,
        typed_program: [u8; 32],
        compilation: &Compilation,
        timings: &mut Timings,
    ) -> Result<(Code, Provenance), Error> {
        let (artifact, made) = Self::artifact(engine, unit, typed_program, compilation, timings)?;
        match Self::native(engine, unit, &artifact, made.as_ref(), compilation, timings) {
            Ok((native, provenance, compiled)) => {
                let missed = made.as_ref().map(|made| made.missed.clone());
                engine.cache().put_unit_later(made, compiled);
                Ok((Code { artifact, native }, missed.map_or(provenance, Provenance::Compiled)))
            }
            Err(error) => {
                // The wasm is as good as if there were native code of it.
                engine.cache().put_unit_later(made, None);
                Err(error)
            }
        }
    }

    /// The artifact; with what is to be stored if it was made now.
    fn artifact(
        engine: &Engine,
        unit: &Arc<Unit>,
        typed_program: [u8; 32],
        compilation: &Compilation,
        timings: &mut Timings,
    ) -> Result<(Arc<Artifact>, Option<MadeArtifact>), Error> {
        let cache = engine.cache();
        let recipe = recipe(engine, unit, typed_program);
        let (missed, claim) = match cache.artifact_or_claim(&recipe) {
            Ok(bytes) => match Artifact::decode(&bytes) {
                Ok(artifact) => return Ok((Arc::new(artifact), None)),
                Err(_) => (MissReason::Corrupt("artifact").into(), None),
            },
            Err((missed, claim)) => (missed, Some(claim)),
        };
        cache.check_strict()?;
        if let Some(artifact) = engine.remote_artifact(&recipe, unit.functions.len()) {
            return Ok((Arc::new(artifact), None));
        }
        let started = Instant::now();
        let artifact = Arc::new(make(engine, unit, compilation, timings)?);
        let made_in = started.elapsed();
        let (fields, content) = (|| recipe.fields(), || Some(artifact.encode()));
        engine.store_remotely(Kind::Artifact, &recipe.label, fields, made_in, content);
        let made = MadeArtifact { recipe, artifact: Arc::clone(&artifact), missed, made_in, claim };
        Ok((artifact, Some(made)))
    }

    /// The native code of an artifact, which was made now or stored before, where it came from, and what is to be stored if it
    /// was made now.
    fn native(
        engine: &Engine,
        unit: &Unit,
        artifact: &Artifact,
        made: Option<&MadeArtifact>,
        compilation: &Compilation,
        timings: &mut Timings,
    ) -> Result<(Native, Provenance, Option<MadeNative>), Error> {
        let recipe = L2Recipe {
            label: unit.label.clone(),
            wasm: key::wasm_digest(&artifact.wasm),
            engine: engine.identity(),
            metering: METERING.to_owned(),
        };
        let under = made.and_then(|made| made.claim.as_ref());
        let (missed, claim) = match engine.cached_native_or_claim(&recipe, under) {
            Ok(native) => return Ok((native, Provenance::Native, None)),
            Err(missed) => missed,
        };
        engine.cache().check_strict()?;
        if let Some(native) = engine.remote_native(&recipe, artifact.wasm.len()) {
            return Ok((native, Provenance::Remote, None));
        }
        if made.is_none() {
            // It was authenticated, but an older compiler may have made it: what is compiled to native code is
            // metered, whoever wrote it.
            metering::verify_metering(&artifact.wasm).map_err(Error::Internal)?;
        }
        let code = compile(engine, unit, artifact, compilation, timings)?;
        let (fields, made_in, native) = (|| recipe.fields(), timings.native, code.native().clone());
        engine.store_remotely(Kind::Native, &recipe.label, fields, made_in, || code.elf().ok());
        Ok((native, Provenance::Wasm(missed), Some(MadeNative { recipe, code, made_in, claim })))
    }
}

/// Typed unit -> artifact.
pub(crate) fn make(
    engine: &Engine,
    unit: &Unit,
    compilation: &Compilation,
    timings: &mut Timings,
) -> Result<Artifact, Error> {
    let started = Instant::now();
    let module = stages::intermediate(engine, unit, compilation)?;
    timings.lower = started.elapsed();
    let started = Instant::now();
    let artifact = stages::encoded(unit, &module, compilation)?;
    timings.encode = started.elapsed();
    engine.count_compile();
    Ok(artifact)
}

/// Artifact -> native code.
fn compile(
    engine: &Engine,
    unit: &Unit,
    artifact: &Artifact,
    compilation: &Compilation,
    timings: &mut Timings,
) -> Result<crate::native::Compiled, Error> {
    let started = Instant::now();
    let compiled = stages::native(engine, unit, artifact, compilation)?;
    timings.native = started.elapsed();
    Ok(compiled)
}
