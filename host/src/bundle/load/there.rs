//! With worker processes: what is in a bundle → code that workers load.
//!
//! Signatures, trust and revocations were looked at when the bundle was opened; what native code may be used is
//! decided here, as for code that is loaded into this process. None of it is: it is handed on as bytes. Where there is
//! none, a worker makes it from the wasm. Data files are looked into by workers only.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use ovenbird_compiler::artifact::Artifact;
use ovenbird_compiler::types::Type;

use super::{LoadedBundle, Unusable, types};
use crate::bundle::manifest::{Callable, Manifest};
use crate::code::{Provenance, UnitInfo};
use crate::error::Error;
use crate::grants::Grants;
use crate::key;
use crate::limits::Limits;
use crate::value::Value;
use crate::worker::{Client, Code, Isolated, Piece};

/// What is made for workers, when it is first needed.
pub(super) struct There {
    modules: Vec<OnceLock<Result<Made, Unusable>>>,
    programs: Vec<OnceLock<(Arc<Code>, Vec<UnitInfo>)>>,
}

/// A module's code as bytes.
#[derive(Clone)]
struct Made {
    artifact: Arc<Artifact>,
    native: Arc<[u8]>,
    provenance: Provenance,
}

impl There {
    pub(super) fn new(manifest: &Manifest) -> Self {
        There {
            modules: manifest.modules.iter().map(|_| OnceLock::new()).collect(),
            programs: manifest.programs.iter().map(|_| OnceLock::new()).collect(),
        }
    }
}

impl LoadedBundle {
    /// Something to call, in workers.
    pub(super) fn there(&self, client: &Client, callable: &Callable) -> Result<Isolated, Error> {
        let (code, infos) = self.assembled(client, callable)?;
        let types = (types(callable)?, callable.result.to_type().map_err(Error::Io)?);
        let mut wanted: Vec<_> = callable.units.iter().flat_map(|unit| unit.externals.clone()).collect();
        wanted.sort();
        wanted.dedup();
        let functions = self.hosts.link(&wanted)?;
        // Of functions the caller brings the datasets along.
        let datasets = if callable.name.is_empty() { callable.datasets.clone() } else { Vec::new() };
        Ok(client.isolated(code, types, functions, datasets, infos))
    }

    /// Its code for workers, made once.
    fn assembled(&self, client: &Client, callable: &Callable) -> Result<(Arc<Code>, Vec<UnitInfo>), Error> {
        let manifest = self.inner.bundle.manifest();
        let place = manifest.programs.iter().position(|one| std::ptr::eq(one, callable));
        let place = place.and_then(|place| self.inner.there.programs.get(place));
        if let Some(known) = place.and_then(OnceLock::get) {
            return Ok(known.clone());
        }
        let mut pieces = Vec::with_capacity(callable.units.len());
        for unit in &callable.units {
            let started = Instant::now();
            let module = &manifest.modules[unit.module as usize];
            let Made { artifact, native, provenance } = self.made(client, unit.module as usize)?;
            unit.check_imports(module, &artifact)?;
            pieces.push(Piece {
                info: unit.info(module, provenance, artifact.wasm.len(), started.elapsed()),
                artifact,
                native,
                places: unit.places.clone(),
                entries: unit.entries.iter().map(|entry| *entry as usize).collect(),
                variables: unit.variables.clone(),
                externals: unit.externals.clone(),
            });
        }
        let sources = self.inner.sources(callable)?;
        let result = callable.result.to_type().map_err(Error::Io)?;
        let code = client.assembled(&pieces, &sources, &types(callable)?, &result)?;
        let made = (code, pieces.into_iter().map(|piece| piece.info).collect::<Vec<_>>());
        Ok(match place {
            Some(place) => place.get_or_init(|| made).clone(),
            None => made,
        })
    }

    /// The code of a module. What is wrong with it is so for good; that a worker failed is not.
    fn made(&self, client: &Client, module: usize) -> Result<Made, Error> {
        let place = &self.inner.there.modules[module];
        if let Some(known) = place.get() {
            return known.clone().map_err(Error::from);
        }
        let made = match self.inner.artifact(module) {
            Ok((artifact, recipe)) => match self.inner.bundle.native_for(&recipe, self.inner.engine.cpu()) {
                Ok(code) => {
                    self.inner.engine.cache().count_native_load();
                    let (artifact, native) = (Arc::new(artifact), code.bytes().into());
                    Ok(Made { artifact, native, provenance: Provenance::Native })
                }
                Err(reason) => {
                    let native = client.native_of(&self.inner.engine, &recipe.label, &artifact.wasm)?;
                    native.map_err(Unusable::from).map(|(native, known)| Made {
                        artifact: Arc::new(artifact),
                        native: native.into(),
                        provenance: if known { Provenance::Native } else { Provenance::Wasm(reason.into()) },
                    })
                }
            },
            Err(what) => Err(what),
        };
        place.get_or_init(|| made).clone().map_err(Error::from)
    }

    /// Types of arguments; which strings name datasets, and of which schema, a worker looks at.
    pub(super) fn exact_types_there(
        &self,
        client: &Client,
        args: &[Value],
        grants: &Grants,
    ) -> Result<Vec<Type>, Error> {
        let text = |arg: &Value| if let Value::Str(path) = arg { Some(path.clone()) } else { None };
        let paths: Vec<String> = args.iter().filter_map(text).collect();
        let schemas = match paths.is_empty() {
            true => Vec::new(),
            false => client.schemas(self.inner.digest(), grants, &Limits::default(), paths)?,
        };
        let mut schemas = schemas.into_iter();
        let ty = |arg: &Value| match arg {
            Value::Str(_) => schemas.next().flatten().map_or(Type::Str, Type::Dataset),
            other => other.ty(),
        };
        Ok(args.iter().map(ty).collect())
    }
}

impl super::Inner {
    /// Whom a worker works for that looks at something for this bundle: at most for others with the same code.
    fn digest(&self) -> key::Digest {
        let modules: Vec<u8> = self.bundle.manifest().modules.iter().flat_map(|module| module.key).collect();
        key::digest(&modules)
    }
}
