//! Something to call, compiled for a bundle: checked program → [`Part`], in this process or in a worker; and what is
//! looked at before a part goes into a bundle that is signed.
//!
//! Nothing comes from the cache and no clock is read. Keys to sign with are not known here.

use std::sync::Arc;

use ovenbird_compiler::artifact::Artifact;
use ovenbird_compiler::infer::Request;
use ovenbird_compiler::metering;
use ovenbird_compiler::typed::Unit;
use ovenbird_compiler::types::Type;
use serde::{Deserialize, Serialize};

use super::build::Target;
use super::contents::{Contents, Draft, Origin};
use super::manifest::UnitRef;
use super::shape::{SchemaText, Shape};
use crate::cache::key::{self, Field, L2Recipe, level1_key};
use crate::compilation::{Compilation, with_sources};
use crate::engine::Engine;
use crate::engine_config::{
    ConfiguredEngine, EngineIdentity, EngineOptions, has_threads, level_compiler, new_engine, on_many_threads,
};
use crate::error::Error;
use crate::native;
use crate::program::Checked;
use crate::traceback::Places;
use crate::unit::{self, Timings, VariableLink};

/// Something to call, with the code of its units.
#[derive(Serialize, Deserialize)]
pub(crate) struct Part {
    draft: Draft,
    modules: Vec<Compiled>,
}

/// A unit's wasm, and its native code for each target, in the order of the targets.
#[derive(Serialize, Deserialize)]
struct Compiled {
    label: String,
    fields: Vec<Field>,
    /// Encoded.
    artifact: Vec<u8>,
    natives: Vec<Vec<u8>>,
}

/// What a request is called in a bundle, and whether it is one for rows; the name is empty for the module body.
fn name_of<'a>(request: Request<'a>) -> (&'a str, bool) {
    match request {
        Request::Entry(name, _) => (name, false),
        Request::Rows(name, _) => (name, true),
        Request::Run | Request::Check | Request::Then(..) => ("", false),
    }
}

/// The types of its parameters.
fn params_of<'a>(request: Request<'a>) -> &'a [Type] {
    match request {
        Request::Entry(_, params) => params,
        Request::Rows(_, frame) => std::slice::from_ref(frame),
        Request::Run | Request::Check | Request::Then(..) => &[],
    }
}

/// Compiles for the targets of a bundle.
pub(crate) struct Maker<'a> {
    engine: &'a Engine,
    compilers: Vec<wasmtime::Engine>,
    strip: bool,
}

impl<'a> Maker<'a> {
    pub(crate) fn new(engine: &'a Engine, targets: &[Target], strip: bool) -> Result<Self, Error> {
        let options = engine.native_options();
        let is_parallel = options.parallel_compilation && has_threads();
        let options = EngineOptions { parallel_compilation: is_parallel, ..options.clone() };
        let here = |configured: ConfiguredEngine| configured.compiler.unwrap_or(configured.engine);
        let compiler = |target: &Target| {
            let made = match target {
                Target::Native => match is_parallel.then(|| on_many_threads(&options)).flatten() {
                    Some(engine) => Ok(engine),
                    None => new_engine(&options).map(here),
                },
                Target::Level(level) => level_compiler(&options, *level).map(here),
            };
            made.map_err(|error| Error::Io(format!("cannot compile for the target: {error:#}")))
        };
        let compilers = targets.iter().map(compiler).collect::<Result<_, Error>>()?;
        Ok(Maker { engine, compilers, strip })
    }

    /// Compiles what a request to the program gave.
    pub(crate) fn part(&self, request: Request<'_>, checked: &Checked) -> Result<Part, Error> {
        let (name, rows) = name_of(request);
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
        if self.strip {
            for (_, text) in files.iter_mut().flatten() {
                *text = "\n".repeat(text.lines().count());
            }
        }
        let (mut units, mut modules) = (Vec::new(), Vec::new());
        for unit in &checked.units {
            let module = self.unit(unit, &checked.compilation);
            let module = module.map_err(|error| with_sources(error, &checked.sources))?;
            units.push((level1_key(module.fields.clone()).0, self.describe(unit, checked)));
            modules.push(module);
        }
        let datasets = checked.datasets.iter();
        let datasets =
            datasets.map(|(path, dataset)| (path.clone(), SchemaText::of(dataset.schema()))).collect();
        let draft = Draft { name: name.to_owned(), rows, params, result, files, datasets, units };
        Ok(Part { draft, modules })
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

    /// Compiles a unit for all targets.
    fn unit(&self, unit: &Arc<Unit>, compilation: &Compilation) -> Result<Compiled, Error> {
        let typed_program = unit::typed_digest(unit);
        let artifact = unit::make(self.engine, unit, compilation, &mut Timings::default())?;
        let mut natives = Vec::with_capacity(self.compilers.len());
        for engine in &self.compilers {
            compilation.guarded(unit, |guard| guard.look())?;
            natives.push(native::precompile(engine, &artifact.wasm).map_err(|error| {
                Error::Internal(format!("wasmtime refused the generated code: {error:#}"))
            })?);
        }
        let fields = unit::recipe(self.engine, unit, typed_program).fields();
        Ok(Compiled { label: unit.label.clone(), fields, artifact: artifact.encode(), natives })
    }
}

/// Who makes the native code for these targets: what names it.
pub(crate) fn makers(engine: &Engine, targets: &[Target]) -> Vec<Arc<EngineIdentity>> {
    let maker = |target: &Target| match target {
        Target::Native => engine.identity(),
        Target::Level(level) => Arc::new(EngineIdentity::of_level(engine.native_options(), *level)),
    };
    targets.iter().map(maker).collect()
}

impl Part {
    /// Units that were compiled for it.
    pub(crate) fn compiled(&self) -> usize {
        self.modules.len()
    }

    /// Puts it into a bundle, if it is what was asked for: a worker may have made it. What the key of a unit's wasm covers is
    /// its word; that the wasm is metered, and which wasm and which engine native code is of, is found here.
    pub(super) fn add_to(
        self,
        contents: &mut Contents,
        request: Request<'_>,
        makers: &[Arc<EngineIdentity>],
    ) -> Result<(), String> {
        let Part { draft, modules } = self;
        let params = params_of(request).iter().map(Shape::of).collect::<Option<Vec<_>>>();
        if (draft.name.as_str(), draft.rows) != name_of(request) || Some(&draft.params) != params.as_ref() {
            return Err(format!("`{}` was not asked for", name_of(request).0));
        }
        let mut keys = Vec::with_capacity(modules.len());
        for Compiled { label, fields, artifact: bytes, natives } in modules {
            if natives.len() != makers.len() {
                return Err(format!("`{label}` is not for the targets that were asked for"));
            }
            let artifact = Artifact::decode(&bytes)?;
            metering::verify_metering(&artifact.wasm)?;
            let origin =
                |fields| Origin { label: &label, fields, made_in_us: 0, producer: env!("CARGO_PKG_VERSION") };
            for (engine, elf) in makers.iter().zip(&natives) {
                let recipe = L2Recipe {
                    label: label.clone(),
                    wasm: key::wasm_digest(&artifact.wasm),
                    engine: Arc::clone(engine),
                    metering: unit::METERING.to_owned(),
                };
                contents.native(origin(recipe.fields()), elf)?;
            }
            keys.push(contents.module(origin(fields), &bytes, &artifact.wasm)?);
        }
        if draft.units.is_empty() || !draft.units.iter().map(|(key, _)| key).eq(&keys) {
            return Err(format!("the units of `{}` are others than those that were compiled", draft.name));
        }
        contents.program(draft)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::build::readable;
    use crate::program::Source;

    const ASKED: Request<'_> = Request::Entry("f", &[Type::Int]);

    /// A loop that pays for nothing.
    const UNMETERED: &[u8] =
        b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0a\x09\x01\x07\0\x03\x40\x0c\0\x0b\x0b";

    /// A part that was changed on its way into a bundle.
    fn put(change: impl FnOnce(&mut Part)) -> Result<Contents, String> {
        let engine = Engine::builder().build().expect("an engine");
        let text = "def f(x):\n    n = 0\n    while n < x:\n        n += 1\n    return n\n";
        let program = engine.compile(&Source::new("m.py", text)).expect("parsed");
        let checked = program.check_here(ASKED).expect("it is right");
        let maker = Maker::new(&engine, &[Target::Native], false).expect("this machine");
        let mut part = maker.part(ASKED, &checked).expect("compiled");
        change(&mut part);
        let mut contents = Contents::default();
        part.add_to(&mut contents, ASKED, &makers(&engine, &[Target::Native])).map(|()| contents)
    }

    fn sealed(contents: Contents) -> Vec<u8> {
        contents.seal(&[]).expect("small")
    }

    /// Fails without: any one of the comparisons in `add_to`.
    #[test]
    fn only_what_was_asked_for_goes_into_a_bundle() {
        assert_eq!(readable(&sealed(put(|_| ()).expect("as it was made"))), Ok(()));
        let refused = |what: &str, change: fn(&mut Part)| match put(change) {
            Err(why) => assert!(why.contains(what), "{why}"),
            Ok(_) => panic!("{what}"),
        };
        refused("`f` was not asked for", |part| part.draft.name = "g".to_owned());
        refused("`f` was not asked for", |part| part.draft.rows = true);
        refused("`f` was not asked for", |part| part.draft.params.clear());
        refused("not for the targets", |part| part.modules[0].natives.clear());
        refused("not for the targets", |part| {
            let one = part.modules[0].natives[0].clone();
            part.modules[0].natives.push(one);
        });
        refused("", |part| part.modules[0].artifact.truncate(20));
        refused("", |part| part.modules[0].natives[0] = b"no ELF".to_vec());
        refused("others than those", |part| part.draft.units.clear());
        refused("others than those", |part| part.draft.units[0].0 = [7; 32]);
        refused("others than those", |part| part.modules.clear());
    }

    /// Fails without: proving that the wasm is metered, whoever made it.
    #[test]
    fn what_is_not_metered_is_not_signed() {
        let found = put(|part| {
            let artifact = &mut part.modules[0].artifact;
            let whole = Artifact::decode(artifact).expect("whole");
            let bare = Artifact {
                wasm: UNMETERED.to_vec(),
                traps: Vec::new(),
                calls: Vec::new(),
                functions: Vec::new(),
                exports: Vec::new(),
                imports: Vec::new(),
                needs_memory: false,
                metered: false,
                ..whole
            };
            assert_eq!(bare.validate(), Ok(()));
            *artifact = bare.encode();
        });
        let why = found.err().expect("it is refused");
        assert!(why.contains("meter") || why.contains("pay") || why.contains("loop"), "{why}");
    }

    /// Fails without: reading the bundle before it is handed out.
    #[test]
    fn what_nobody_could_load_is_not_signed() {
        let contents =
            put(|part| part.modules[0].label = "m\n.f".to_owned()).expect("nothing looks at it before");
        assert!(
            readable(&sealed(contents)).expect_err("a name with a line in it").contains("control characters")
        );
    }
}
