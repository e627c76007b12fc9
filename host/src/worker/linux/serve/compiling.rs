//! What a worker compiles and looks at: programs, the wasm of bundles, facts, schemas.

use ovenbird_compiler::abi::external::External;
use ovenbird_compiler::infer::Request;
use ovenbird_compiler::metering;
use ovenbird_compiler::resolve::World;
use ovenbird_compiler::types::{Const, Type};

use super::Worker;
use crate::bundle::{Maker, SchemaText, Target};
use crate::cache::explain::Change;
use crate::code::LoadedUnit;
use crate::error::Error;
use crate::external::relay;
use crate::grants::Grants;
use crate::limits::Limits;
use crate::probe::facts::{Facts, SCHEMA};
use crate::probe::shape::Shape;
use crate::program::{Program, Source};
use crate::run::Group;
use crate::schemas::Schemas;
use crate::worker::linux::bundles::taken;
use crate::worker::linux::wire::{Argument, Differing, Face, Found, Job, UnitFace, Wanted};
use crate::worker::linux::{blob, frame};
use crate::world::GrantedWorld;

impl Worker {
    /// `None` if only the syntax was asked for.
    pub(super) fn compile(&self, job: Job) -> Result<Option<(Face, Vec<u8>)>, Error> {
        let grants = self.grants();
        let program = self.program(&job, &grants)?;
        let world = GrantedWorld::new(&grants, &job.limits);
        let types = arguments(&job.wanted, &world)?;
        let params = types.iter().map(|ty| taken(ty).ok_or_else(|| refused(ty))).collect::<Result<_, _>>()?;
        let Some(request) = request(&job.wanted, &types) else { return Ok(None) };
        let mut checked = program.check_anew(request, &job.globals, &job.limits, None)?;
        let group = Group::load(&self.engine, &checked)?;
        // The schemas of arguments are facts like those that the program asked for.
        checked.asked.schemas.extend(world.into_parts().1.schemas);
        let shape = match &group.main().result {
            // Nobody is given a result.
            _ if job.wanted == Wanted::Check => Shape::None,
            result => result_shape(result).ok_or_else(|| {
                Error::Signature(format!("a `{result}` cannot be handed to the host yet: reduce or print it"))
            })?,
        };
        let blob = blob::pack_units(group.units(), &checked.sources, params, shape.clone());
        let blob = blob.map_err(Error::Internal)?;
        // What the embedder gives is compared where it is.
        let hosts = std::mem::take(&mut checked.asked.hosts).into_iter().collect();
        let facts = Facts::of(&checked.asked);
        let face = Face {
            result: shape,
            units: group.units().iter().map(|unit| UnitFace::of(&unit.info)).collect(),
            cache: checked.units.iter().all(|unit| unit.cache),
            facts: facts.map(|facts| if facts.is_empty() { Vec::new() } else { frame::encode(&facts) }),
            hosts,
            externals: externals(group.units()),
            unread: group.main().artifact.unread.clone(),
        };
        Ok(Some((face, blob)))
    }

    /// Compiles for a bundle: the part, as bytes.
    pub(super) fn build(&self, job: Job, targets: &[String], strip: bool) -> Result<Vec<u8>, Error> {
        let grants = self.grants();
        let program = self.program(&job, &grants)?;
        let world = GrantedWorld::new(&grants, &job.limits);
        let types = arguments(&job.wanted, &world)?;
        let none = || Error::Internal("nothing to build".to_owned());
        let request = request(&job.wanted, &types).ok_or_else(none)?;
        let targets = targets.iter().map(|name| Target::parse(name));
        let targets: Vec<Target> = targets.collect::<Option<_>>().ok_or_else(none)?;
        let checked = program.check_anew(request, &job.globals, &job.limits, None)?;
        let part = Maker::new(&self.engine, &targets, strip)?.part(request, &checked)?;
        Ok(frame::encode(&part))
    }

    /// Looks for errors.
    pub(super) fn check(&self, job: Job) -> Result<Found, Error> {
        let grants = self.grants();
        let program = self.program(&job, &grants)?;
        let world = GrantedWorld::new(&grants, &job.limits);
        let types = arguments(&job.wanted, &world)?;
        let request = request(&job.wanted, &types).unwrap_or(Request::Check);
        let checked = program.check_anew(request, &job.globals, &job.limits, None)?;
        let files = checked.sources.iter();
        let files = files.map(|file| (file.name.clone(), (!file.library).then(|| file.text.to_string())));
        Ok(Found { files: files.collect(), units: checked.outline(), time: checked.time })
    }

    /// Functions for arguments that can be sent.
    pub(super) fn signatures(&self, job: &Job, function: Option<&str>) -> Result<Vec<Wanted>, Error> {
        let program = self.program(job, &self.grants())?;
        let found = program.signatures_within(function, &job.globals, &job.limits)?;
        let cannot = |name: &str| {
            Error::Signature(format!("`{name}` takes what cannot be handed to a worker process"))
        };
        let sent = |(name, params): &(String, Vec<Type>)| {
            let shapes = params.iter().map(|ty| Shape::of(ty).map(Argument::Of));
            let shapes = shapes.collect::<Option<_>>().ok_or_else(|| cannot(name))?;
            Ok(Wanted::Entry(name.clone(), shapes))
        };
        found.iter().map(sent).collect()
    }

    fn program(&self, job: &Job, grants: &Grants) -> Result<Program, Error> {
        let source = Source::new(job.name.as_str(), job.text.as_str()).grants(grants.clone());
        let source = source.with_hosts(relay::declared(job.hosts.clone()));
        self.engine.compile_within(&source, &job.budget)
    }

    pub(super) fn hold(&self, limits: &Limits, facts: &[u8]) -> bool {
        let grants = self.grants();
        let world = GrantedWorld::new(&grants, limits);
        frame::decode::<Facts>(facts).is_ok_and(|facts| facts.hold(&world).is_some())
    }

    /// Facts about files that do not hold.
    pub(super) fn differ(&self, limits: &Limits, facts: &[u8]) -> Vec<Differing> {
        let grants = self.grants();
        let world = GrantedWorld::new(&grants, limits);
        let changes = frame::decode::<Facts>(facts).map(|facts| facts.changes(&world)).unwrap_or_default();
        let differing =
            |Change { kind, name, old, new, .. }| Differing { schema: kind == SCHEMA, name, old, new };
        changes.into_iter().map(differing).collect()
    }

    /// Native code of wasm that somebody else made; metered, or there is none.
    pub(super) fn native(&self, wasm: &[u8]) -> Result<Vec<u8>, String> {
        metering::verify_metering(wasm)?;
        let compiled = self.engine.compile_native(wasm).and_then(|compiled| compiled.elf());
        compiled.map_err(|error| format!("{error:#}"))
    }

    pub(super) fn schemas(&self, paths: &[String], limits: &Limits) -> Vec<Option<SchemaText>> {
        let grants = self.grants();
        let schemas = Schemas::new(&grants, limits);
        paths.iter().map(|path| Some(SchemaText::of(&*schemas.schema(path).ok()?))).collect()
    }
}

/// Types of the arguments.
fn arguments(wanted: &Wanted, world: &GrantedWorld<'_>) -> Result<Vec<Type>, Error> {
    let argument = |argument: &Argument| match argument {
        Argument::Of(shape) => Ok(shape.ty()),
        Argument::Dataset(path) => Ok(world.schema(path).map_or(Type::Str, Type::Dataset)),
        Argument::Known(text) => text.to_type().map_err(Error::Signature),
    };
    match wanted {
        Wanted::Entry(_, arguments) => arguments.iter().map(argument).collect(),
        Wanted::Rows(_, shape) => Ok(vec![shape.ty()]),
        Wanted::Syntax | Wanted::Check | Wanted::Run | Wanted::Then(..) => Ok(Vec::new()),
    }
}

fn refused(ty: &Type) -> Error {
    Error::Signature(format!("a `{ty}` cannot be handed to a worker process"))
}

/// `None` if only the syntax is asked for.
fn request<'a>(wanted: &'a Wanted, types: &'a [Type]) -> Option<Request<'a>> {
    Some(match wanted {
        Wanted::Syntax => return None,
        Wanted::Check => Request::Check,
        Wanted::Run => Request::Run,
        Wanted::Then(name, text) => Request::Then(name, text),
        Wanted::Entry(name, _) => Request::Entry(name, types),
        Wanted::Rows(name, _) => Request::Rows(name, types.first()?),
    })
}

/// The embedder's functions that units import, each once.
fn externals(units: &[LoadedUnit]) -> Vec<External> {
    let mut all: Vec<External> = units.iter().flat_map(|unit| unit.externals.iter().cloned()).collect();
    all.sort();
    all.dedup();
    all
}

/// What a host receives of a result.
pub(in crate::worker::linux) fn result_shape(ty: &Type) -> Option<Shape> {
    Some(match ty {
        Type::Dataset(_) | Type::Const(Const::Str(_)) => Shape::Str,
        Type::Const(Const::Int(_)) => Shape::Int,
        Type::Const(Const::Bool(_)) => Shape::Bool,
        Type::Const(Const::Float(_)) => Shape::Float,
        Type::Tuple(items) => {
            return Shape::of(ty)
                .or_else(|| Some(Shape::Tuple(items.iter().map(result_shape).collect::<Option<_>>()?)));
        }
        other => return Shape::of(other),
    })
}
