//! A bundle → functions that can be called, without a compiler where native code for this CPU is in it. What happens
//! where there is none depends on the build: `make` compiles the wasm, `refuse` says so.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use ovenbird_compiler::artifact::{Artifact, MAX_SIZE};
use ovenbird_compiler::schema::Schema;
use ovenbird_compiler::source::{SourceFile, Sources};
use ovenbird_compiler::types::Type;

use super::manifest::{Callable, Module, UnitRef};
use super::shape::SchemaText;
use super::trust::Trust;
use super::{Bundle, Refusal};
use crate::code::{Code, LoadedUnit, METERING, Provenance, Timings, UnitInfo};
use crate::engine::Engine;
use crate::error::Error;
use crate::external::HostModule;
use crate::external::table::{HostModules, are_imports_of};
use crate::function::{DynFunction, Function};
use crate::grants::Grants;
use crate::imports::Output;
use crate::io::{Dataset, schema_difference};
use crate::key::{Digest, L2Recipe, hex, wasm_digest};
use crate::limits::Limits;
use crate::miss::MissReason;
use crate::run::{Group, Outcome, Tenant};
use crate::runnable::Runnable;
use crate::schemas::Schemas;
use crate::signature::Signature;
use crate::traceback::Places;
use crate::value::Value;

impl Engine {
    /// Checks a bundle and makes what is in it callable. Native code is used if a trusted key has signed it
    /// and it is for this engine and CPU; else it is made from the wasm, once, and kept in the cache. A build
    /// without the compiler refuses a bundle then, with [`Error::NoNativeCode`]. With worker processes whom to trust is
    /// decided here, and code is loaded, or made, there.
    pub fn load_bundle(&self, bytes: Vec<u8>, trust: &Trust) -> Result<LoadedBundle, Error> {
        let bundle = Bundle::open(bytes, trust).map_err(|refusal| match refusal {
            Refusal::Bad(_) => Error::Io(refusal.to_string()),
            Refusal::Untrusted(_) => Error::Denied(refusal.to_string()),
        })?;
        let codes = bundle.manifest().modules.iter().map(|_| OnceLock::new()).collect();
        let inner = Inner {
            #[cfg(feature = "compiler")]
            there: there::There::new(bundle.manifest()),
            engine: self.clone(),
            bundle,
            codes,
        };
        inner.check()?;
        Ok(LoadedBundle { inner: Arc::new(inner), hosts: HostModules::default() })
    }
}

#[cfg(feature = "compiler")]
mod make;
#[cfg(not(feature = "compiler"))]
mod refuse;
#[cfg(feature = "compiler")]
mod there;

#[cfg(feature = "compiler")]
use make::load_signed;
#[cfg(not(feature = "compiler"))]
use refuse::load_signed;

/// A bundle in an engine. Cheap to clone; code is loaded when it is first needed.
#[derive(Clone)]
pub struct LoadedBundle {
    inner: Arc<Inner>,
    hosts: HostModules,
}

struct Inner {
    engine: Engine,
    bundle: Bundle,
    /// The code of each module, once it was loaded.
    codes: Vec<OnceLock<Result<(Code, Provenance), Unusable>>>,
    /// What is made for workers, if the engine has any.
    #[cfg(feature = "compiler")]
    there: there::There,
}

/// Why a module of a bundle cannot be used.
#[derive(Clone, Debug)]
pub(super) enum Unusable {
    /// It is not what it should be.
    Bad(String),
    /// There is no native code of it, and nothing to make some with.
    #[cfg(not(feature = "compiler"))]
    NoNativeCode(String, MissReason),
}

impl From<String> for Unusable {
    fn from(what: String) -> Self {
        Unusable::Bad(what)
    }
}

impl From<Unusable> for Error {
    fn from(why: Unusable) -> Self {
        match why {
            Unusable::Bad(what) => Error::Io(format!("the bundle is refused: {what}")),
            #[cfg(not(feature = "compiler"))]
            Unusable::NoNativeCode(label, reason) => Error::NoNativeCode { label, reason },
        }
    }
}

impl LoadedBundle {
    /// Gives what is in the bundle a module of functions, as [`Source::host`](crate::Source::host) gives it
    /// to a program. What needs a function that is not given, or given with other types, is refused with
    /// [`Error::Host`] when it is asked for.
    #[must_use]
    pub fn host(mut self, module: HostModule) -> Self {
        self.hosts.insert(module);
        self
    }

    /// The bundle.
    pub fn bundle(&self) -> &Bundle {
        &self.inner.bundle
    }

    /// The functions, with the types of their parameters and results.
    pub fn functions(&self) -> Vec<(String, Vec<Type>, Type)> {
        let callables = self.callables().filter(|callable| !callable.name.is_empty() && !callable.rows);
        let typed = callables.filter_map(|callable| {
            Some((callable.name.clone(), types(callable).ok()?, callable.result.to_type().ok()?))
        });
        typed.collect()
    }

    /// Functions of rows: name, the type of the frame, and the type of the frame that they give.
    pub fn row_functions(&self) -> Vec<(String, Type, Type)> {
        let typed = self.callables().filter(|callable| callable.rows).filter_map(|callable| {
            let [frame] = <[Type; 1]>::try_from(types(callable).ok()?).ok()?;
            Some((callable.name.clone(), frame, callable.result.to_type().ok()?))
        });
        typed.collect()
    }

    /// Whether there is a module body to run.
    pub fn has_body(&self) -> bool {
        self.callables().any(|callable| callable.name.is_empty())
    }

    fn callables(&self) -> impl Iterator<Item = &Callable> {
        self.inner.bundle.manifest().programs.iter()
    }

    /// Runs the module's top level.
    pub fn run(&self, tenant: &Tenant, output: Output) -> Outcome {
        let Some(body) = self.callables().find(|callable| callable.name.is_empty()) else {
            let what = "the bundle has no module body, only functions".to_owned();
            return Outcome::failed(Error::Signature(what), output);
        };
        #[cfg(feature = "compiler")]
        if let Some(client) = self.inner.engine.client() {
            return match self.there(client, body) {
                Ok(code) => code.call_until(tenant, &[], output, None),
                Err(error) => Outcome::failed(error, output),
            };
        }
        let group = open_datasets(&body.datasets, &tenant.grants, &tenant.limits)
            .and_then(|datasets| Ok(self.group(body)?.with_datasets(datasets)));
        match group {
            Ok(group) => group.call(&self.inner.engine, tenant, &[], output),
            Err(error) => Outcome::failed(error, output),
        }
    }

    /// A function for a Rust signature: `bundle.get::<fn(f64, f64) -> f64>("score")`.
    pub fn get<F: Signature>(&self, name: &str) -> Result<Function<F>, Error> {
        Function::of(self.entry(name, &F::params())?)
    }

    /// A function for parameter types that are only known at run time.
    pub fn entry(&self, name: &str, params: &[Type]) -> Result<DynFunction, Error> {
        self.found(name, false, params)
    }

    /// A function that is called for each row of a frame, as
    /// [`Program::entry_for_rows`](crate::Program::entry_for_rows) gives it; `frame` is the type of the frame that it was
    /// built for.
    pub fn entry_for_rows(&self, name: &str, frame: &Type) -> Result<DynFunction, Error> {
        self.found(name, true, std::slice::from_ref(frame))
    }

    fn found(&self, name: &str, rows: bool, params: &[Type]) -> Result<DynFunction, Error> {
        let is_it = |callable: &&Callable| callable.name == name && callable.rows == rows && !name.is_empty();
        let callables = || self.callables().filter(is_it);
        if let Some(callable) = callables().find(|c| types(c).is_ok_and(|found| found == params)) {
            let code = Arc::new(self.runnable(callable)?);
            return Ok(DynFunction::new(self.inner.engine.clone(), None, name, (0, code)));
        }
        let mut candidates = Vec::new();
        for callable in callables() {
            let found = types(callable)?;
            // One dataset argument with another schema: that is the reason, and not the types.
            if let Some(difference) = found.iter().zip(params).find_map(changed_dataset) {
                return Err(changed(&format!("argument of `{name}`"), &difference));
            }
            candidates.push(list(&found));
        }
        let wanted = list(params);
        let rows = if rows { " for rows" } else { "" };
        Err(Error::Signature(if candidates.is_empty() {
            format!("the bundle has no function `{name}`{rows}")
        } else {
            format!("the bundle has `{name}`{rows} for {}, not for {wanted}", candidates.join(" and "))
        }))
    }

    /// A function for these arguments. A string that names a dataset within `grants` brings its schema; an
    /// integer may go where the bundle has a float.
    pub fn entry_for(&self, name: &str, args: &[Value], grants: &Grants) -> Result<DynFunction, Error> {
        let exact = self.exact_types(args, grants)?;
        let fits = |found: &Type, arg: &Value, ty: &Type| {
            found == ty || matches!((arg, found), (Value::Int(_), Type::Float) | (Value::Str(_), Type::Str))
        };
        let named = |callable: &&Callable| callable.name == name && !callable.rows;
        let wanted = self.callables().filter(named).find_map(|callable| {
            let found = types(callable).ok()?;
            let same = found.len() == args.len()
                && found.iter().zip(args).zip(&exact).all(|((found, arg), ty)| fits(found, arg, ty));
            same.then_some(found)
        });
        self.entry(name, &wanted.unwrap_or(exact))
    }

    /// Types of the arguments; a string that names a dataset has its schema.
    fn exact_types(&self, args: &[Value], grants: &Grants) -> Result<Vec<Type>, Error> {
        #[cfg(feature = "compiler")]
        if let Some(client) = self.inner.engine.client() {
            return self.exact_types_there(client, args, grants);
        }
        let schemas = Schemas::new(grants, &Limits::default());
        let ty = |arg: &Value| match arg {
            Value::Str(path) => schemas.schema(path).map_or(Type::Str, Type::Dataset),
            other => other.ty(),
        };
        Ok(args.iter().map(ty).collect())
    }

    /// Something to call, wherever that is done.
    fn runnable(&self, callable: &Callable) -> Result<Runnable, Error> {
        #[cfg(feature = "compiler")]
        if let Some(client) = self.inner.engine.client() {
            return self.there(client, callable).map(Runnable::There);
        }
        self.group(callable).map(Runnable::Here)
    }

    /// The units of something to call, ready to be instantiated.
    fn group(&self, callable: &Callable) -> Result<Group, Error> {
        let manifest = self.inner.bundle.manifest();
        let mut units = Vec::with_capacity(callable.units.len());
        for (at, unit) in callable.units.iter().enumerate() {
            let started = Instant::now();
            let module = &manifest.modules[unit.module as usize];
            let (code, provenance) = self.code(unit.module as usize)?;
            let info = unit.info(module, provenance, code.artifact.wasm.len(), started.elapsed());
            // Only the first is called from outside.
            let (params, result) = match at {
                0 => (types(callable)?, callable.result.to_type().map_err(Error::Io)?),
                _ => (Vec::new(), Type::None),
            };
            let entries = unit.entries.iter().map(|entry| *entry as usize).collect();
            let places = Places::new(unit.places.clone());
            let Code { artifact, native } = code;
            unit.check_imports(module, &artifact)?;
            units.push(LoadedUnit {
                artifact,
                native,
                places,
                info,
                result,
                params,
                entries,
                variables: unit.variables.clone(),
                externals: unit.externals.clone(),
            });
        }
        let sources = self.inner.sources(callable)?;
        Group::assembled(units, sources, BTreeMap::new()).linked(&self.hosts)
    }

    fn code(&self, module: usize) -> Result<(Code, Provenance), Error> {
        let made = self.inner.codes[module].get_or_init(|| self.inner.load(module));
        made.clone().map_err(Error::from)
    }
}

impl UnitRef {
    fn info(&self, module: &Module, provenance: Provenance, wasm_bytes: usize, load: Duration) -> UnitInfo {
        UnitInfo {
            label: module.label.clone(),
            params: self.params.clone(),
            result: self.result.clone(),
            provenance,
            timings: Timings { load, ..Timings::default() },
            wasm_bytes,
            key: hex(&module.key[..6]),
        }
    }

    fn check_imports(&self, module: &Module, artifact: &Artifact) -> Result<(), Error> {
        if are_imports_of(&self.externals, artifact) {
            return Ok(());
        }
        let what = format!("`{}` imports other functions than it says", module.label);
        Err(Error::Io(format!("the bundle is refused: {what}")))
    }
}

impl Inner {
    /// The code of a module: native code from the bundle, else what the build can do without.
    fn load(&self, module: usize) -> Result<(Code, Provenance), Unusable> {
        let Inner { engine, bundle, .. } = self;
        let (artifact, recipe) = self.artifact(module)?;
        let loaded = bundle.native_for(&recipe, engine.cpu()).and_then(|code| {
            load_signed(engine, &code).map_err(|error| MissReason::Refused(error.to_string()))
        });
        match loaded {
            Ok(native) => Ok((Code { artifact: Arc::new(artifact), native }, Provenance::Native)),
            Err(reason) => self.without_native(artifact, recipe, reason),
        }
    }

    /// What explains the code of a module, and what its native code depends on.
    fn artifact(&self, module: usize) -> Result<(Artifact, L2Recipe), Unusable> {
        let Module { label, artifact, .. } = &self.bundle.manifest().modules[module];
        let artifact = Artifact::decode(&self.bundle.blob(*artifact)?)?;
        // The host sets its memory aside by this number.
        if artifact.data_len as usize > MAX_SIZE {
            return Err(format!("`{label}` wants {} bytes of static data", artifact.data_len).into());
        }
        let recipe = self.recipe(label, wasm_digest(&artifact.wasm));
        Ok((artifact, recipe))
    }

    /// The files that tracebacks of something to call may show.
    fn sources(&self, callable: &Callable) -> Result<Sources, Error> {
        let files = &self.bundle.manifest().files;
        let mut sources = Sources::default();
        for file in &callable.files {
            sources.add(match file.and_then(|file| files.get(file as usize)) {
                Some(file) => {
                    let text = self.bundle.blob(file.text).map_err(Error::Io)?;
                    SourceFile::new(file.name.clone(), String::from_utf8_lossy(&text), false)
                }
                None => SourceFile::new("", "", true),
            });
        }
        Ok(sources)
    }

    /// What this engine's native code of a module depends on.
    fn recipe(&self, label: &str, wasm: Digest) -> L2Recipe {
        let (engine, metering) = (self.engine.identity(), METERING.to_owned());
        L2Recipe { label: label.to_owned(), wasm, engine, metering }
    }
}

/// Opens the datasets that a program was compiled for, and compares their schemas.
pub(crate) fn open_datasets(
    expected: &[(String, SchemaText)],
    grants: &Grants,
    limits: &Limits,
) -> Result<BTreeMap<String, Dataset>, Error> {
    let schemas = Schemas::new(grants, limits);
    for (path, older) in expected {
        let older = older.to_schema().map_err(Error::Io)?;
        let newer = schemas.schema(path).map_err(|problem| match (schemas.limit(), problem.denied) {
            (Some(limit), _) => Error::Limit { limit, traceback: Vec::new() },
            (None, true) => Error::Denied(format!("dataset '{path}': {}", problem.text)),
            (None, false) => Error::Io(format!("dataset '{path}': {}", problem.text)),
        })?;
        if let Some(difference) = schema_difference(&older, &newer) {
            return Err(changed(&format!("dataset '{path}'"), &difference));
        }
    }
    Ok(schemas.into_datasets())
}

fn types(callable: &Callable) -> Result<Vec<Type>, Error> {
    callable.params.iter().map(|shape| shape.to_type().map_err(Error::Io)).collect()
}

fn list(types: &[Type]) -> String {
    let types: Vec<String> = types.iter().map(ToString::to_string).collect();
    format!("({})", types.join(", "))
}

fn changed_dataset((older, newer): (&Type, &Type)) -> Option<String> {
    let schema = |ty: &Type| -> Option<Arc<Schema>> {
        if let Type::Dataset(schema) = ty { Some(schema.clone()) } else { None }
    };
    schema_difference(&*schema(older)?, &*schema(newer)?)
}

fn changed(what: &str, difference: &str) -> Error {
    Error::Io(format!("{what}: {difference} since the bundle was built; build it again"))
}
