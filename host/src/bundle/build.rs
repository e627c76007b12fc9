//! Program → bundle: everything that can be called, compiled for every target.
//!
//! Nothing comes from the cache and no clock is read, so the same program, options, targets and keys give the
//! same bytes on every machine (the target `native` excepted: it is this machine's CPU).

use std::sync::Arc;

use ovenbird_compiler::infer::Request;
use ovenbird_compiler::typed::Unit;
use ovenbird_compiler::types::Type;

use super::contents::{Contents, Draft, Origin};
use super::keys::SecretKey;
use super::manifest::UnitRef;
use super::shape::{SchemaText, Shape};
use crate::cache::key::{self, Digest, L2Recipe};
use crate::compilation::{Compilation, with_sources};
use crate::engine::Engine;
use crate::engine_config::{ConfiguredEngine, level_compiler, new_engine};
use crate::error::Error;
use crate::levels::Level;
use crate::native;
use crate::program::{Checked, Program};
use crate::traceback::Places;
use crate::unit::{self, Timings, VariableLink};

/// What native code is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Exactly this machine's CPU.
    Native,
    /// Every CPU of a level.
    Level(Level),
}

impl Target {
    /// The target of a name.
    pub fn parse(name: &str) -> Option<Target> {
        if name == "native" { Some(Target::Native) } else { Level::parse(name).map(Target::Level) }
    }
}

/// What to put into a bundle.
#[derive(Clone, Debug, Default)]
pub struct BuildRequest {
    /// The module body.
    pub body: bool,
    /// Functions with the types of their parameters.
    pub functions: Vec<(String, Vec<Type>)>,
    /// What to make native code for; there is always wasm.
    pub targets: Vec<Target>,
    /// Leave the source out: tracebacks then have line numbers but no lines.
    pub strip: bool,
}

/// Builds a bundle and signs it with all of these keys.
pub fn build(program: &Program, request: &BuildRequest, keys: &[&SecretKey]) -> Result<Vec<u8>, Error> {
    if program.has_runtime_globals() {
        let what = "a global that the host changes at run time has no value in a bundle".to_owned();
        return Err(Error::Signature(what));
    }
    let engine = program.engine();
    // What is signed is not to come from a process that a program could have taken over.
    engine.refuse_with_workers("build bundles")?;
    let options = engine.native_options();
    let compiler = |target: &Target| {
        let made = match target {
            Target::Native => new_engine(options),
            Target::Level(level) => level_compiler(options, *level),
        };
        made.map_err(|error| Error::Io(format!("cannot compile for the target: {error:#}")))
    };
    let compilers: Vec<ConfiguredEngine> =
        request.targets.iter().map(compiler).collect::<Result<_, Error>>()?;
    let mut builder = Builder { engine, compilers, contents: Contents::default(), strip: request.strip };
    if request.body {
        builder.add("", program.check_here(Request::Run)?)?;
    }
    for (name, params) in &request.functions {
        builder.add(name, program.check_here(Request::Entry(name, params))?)?;
    }
    if builder.contents.is_empty() {
        return Err(Error::Signature("there is nothing to put into the bundle".to_owned()));
    }
    builder.contents.seal(keys).ok_or_else(|| Error::Io("the bundle would be too large".to_owned()))
}

/// Whether a function can be called from outside for these types: it can be compiled, and host and function
/// can hand each other what it takes and returns.
pub(crate) fn can_cross(program: &Program, name: &str, params: &[Type]) -> bool {
    params.iter().all(|ty| Shape::of(ty).is_some())
        && program
            .check_here(Request::Entry(name, params))
            .is_ok_and(|checked| Shape::of(&checked.units[0].functions[0].result).is_some())
}

struct Builder<'a> {
    engine: &'a Engine,
    compilers: Vec<ConfiguredEngine>,
    contents: Contents,
    strip: bool,
}

impl Builder<'_> {
    /// Adds something to call; `name` is empty for the module body.
    fn add(&mut self, name: &str, checked: Checked) -> Result<(), Error> {
        let root =
            checked.units.first().ok_or_else(|| Error::Internal("a program without units".to_owned()))?;
        // Nobody is given the value of a module body.
        let result = if name.is_empty() { &Type::None } else { &root.functions[0].result };
        let crosses = |ty: &Type| {
            let refused = || {
                Error::Signature(format!(
                    "`{name}` takes or returns a `{ty}`, which cannot be handed to the host"
                ))
            };
            Shape::of(ty).ok_or_else(refused)
        };
        let params = root.params.iter().map(crosses).collect::<Result<_, Error>>()?;
        let result = crosses(result)?;
        let mut files: Vec<Option<(String, String)>> = checked
            .sources
            .iter()
            .map(|file| (!file.library).then(|| (file.name.clone(), file.text.to_string())))
            .collect();
        let mut units = Vec::new();
        for unit in &checked.units {
            let key = self.unit(unit, &checked.compilation);
            let key = key.map_err(|error| with_sources(error, &checked.sources))?;
            units.push((key, self.describe(unit, &checked)));
        }
        if self.strip {
            for (_, text) in files.iter_mut().flatten() {
                *text = "\n".repeat(text.lines().count());
            }
        }
        let datasets = checked.datasets.iter();
        let datasets =
            datasets.map(|(path, dataset)| (path.clone(), SchemaText::of(dataset.schema()))).collect();
        let draft = Draft { name: name.to_owned(), params, result, files, datasets, units };
        self.contents.program(draft).map_err(Error::Internal)
    }

    fn describe(&self, unit: &Unit, checked: &Checked) -> UnitRef {
        let mut places = Places::of(unit).to_vec();
        if self.strip {
            // Line `n` of the text without its lines begins at byte `n - 1`.
            for place in &mut places {
                place.map_starts(|file, start| {
                    let file = checked.sources.get(ovenbird_compiler::source::FileId(file));
                    file.map_or(0, |file| file.line(start).saturating_sub(1))
                });
            }
        }
        UnitRef {
            module: 0,
            params: unit.params.iter().map(ToString::to_string).collect(),
            result: unit.functions[0].result.to_string(),
            entries: unit.entries.iter().map(|entry| entry.unit as u32).collect(),
            variables: VariableLink::of(unit),
            externals: unit.externals.clone(),
            places,
        }
    }

    /// Compiles a unit for all targets and gives the key of its module.
    fn unit(&mut self, unit: &Unit, compilation: &Compilation) -> Result<Digest, Error> {
        let typed_program = key::digest(&ovenbird_compiler::canonical(unit));
        let artifact = unit::make(self.engine, unit, compilation, &mut Timings::default())?;
        let origin = |fields| Origin {
            label: &unit.label,
            fields,
            made_in_us: 0,
            producer: env!("CARGO_PKG_VERSION"),
        };
        for ConfiguredEngine { engine, identity, .. } in &self.compilers {
            compilation.guarded(unit, |guard| guard.look())?;
            let recipe = L2Recipe {
                label: unit.label.clone(),
                wasm: key::wasm_digest(&artifact.wasm),
                engine: Arc::clone(identity),
                metering: unit::METERING.to_owned(),
            };
            let elf = native::precompile(engine, &artifact.wasm).map_err(|error| {
                Error::Internal(format!("wasmtime refused the generated code: {error:#}"))
            })?;
            self.contents.native(origin(recipe.fields()), &elf).map_err(Error::Internal)?;
        }
        let fields = unit::recipe(self.engine, unit, typed_program).fields();
        self.contents.module(origin(fields), &artifact.encode(), &artifact.wasm).map_err(Error::Internal)
    }
}
