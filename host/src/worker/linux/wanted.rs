//! What programs are asked for → what workers are asked for, and the key under which the answer is kept.

use std::sync::Arc;

use ovenbird_compiler::infer::Request;
use ovenbird_compiler::types::Type;

use super::client::build;
use super::wire::{Argument, VERSION, Wanted};
use crate::bundle::TypeText;
use crate::cache::key::{self, Digest, L0Recipe};
use crate::engine::Engine;
use crate::error::Error;
use crate::globals::Snapshot;
use crate::probe::{self, shape::Shape};
use crate::program::Source;
use crate::value::Value;
use crate::worker::WorkerFailure;

/// What the code of a request depends on, the world's facts apart. The request's words are none that code of this
/// process has, so the one is never taken for the other.
pub(super) fn recipe(engine: &Engine, source: &Source, wanted: &Wanted, globals: &Snapshot) -> L0Recipe {
    let mut recipe = probe::recipe(engine, source, format!("worker {VERSION} {wanted:?}"), &[]);
    recipe.globals = globals.inputs();
    Arc::make_mut(&mut recipe.surroundings).options.push(("engine".to_owned(), key::hex(&build(engine))));
    recipe
}

/// What native code that a worker makes of wasm depends on.
pub(super) fn native_recipe(engine: &Engine, label: &str, wasm: Digest) -> L0Recipe {
    let source = Source::new(label, "");
    let mut recipe = probe::recipe(engine, &source, format!("worker {VERSION} native"), &[]);
    recipe.text = wasm;
    // Functions of the same wasm share their code.
    recipe.name = String::new();
    Arc::make_mut(&mut recipe.surroundings).options.push(("engine".to_owned(), key::hex(&build(engine))));
    recipe
}

/// Types of the parameters.
pub(super) fn params(wanted: &Wanted) -> Vec<Type> {
    let arguments = match wanted {
        Wanted::Entry(_, arguments) => arguments,
        Wanted::Rows(_, shape) => return vec![shape.ty()],
        Wanted::Syntax | Wanted::Check | Wanted::Run | Wanted::Then(..) => return Vec::new(),
    };
    let ty = |argument: &Argument| match argument {
        Argument::Of(shape) => shape.ty(),
        Argument::Dataset(_) => Type::Str,
        // It was made of a type.
        Argument::Known(text) => text.to_type().unwrap_or(Type::Never),
    };
    arguments.iter().map(ty).collect()
}

impl Wanted {
    /// A request that can be sent.
    pub(crate) fn of(request: Request<'_>) -> Result<Wanted, Error> {
        let unsupported = || Error::Worker(WorkerFailure::Unsupported("take arguments of such types"));
        Ok(match request {
            Request::Run => Wanted::Run,
            Request::Check => Wanted::Check,
            Request::Then(name, text) => Wanted::Then(name.to_owned(), text.to_owned()),
            Request::Entry(name, params) => {
                let argument = |ty: &Type| {
                    let plain = Shape::of(ty).map(Argument::Of);
                    plain.or_else(|| TypeText::of(ty).map(Argument::Known)).ok_or_else(unsupported)
                };
                Wanted::Entry(name.to_owned(), params.iter().map(argument).collect::<Result<_, Error>>()?)
            }
            Request::Rows(name, frame) => {
                Wanted::Rows(name.to_owned(), Shape::of(frame).ok_or_else(unsupported)?)
            }
        })
    }

    /// A function for these arguments: a text that may name a dataset is looked at where the program is compiled.
    pub(crate) fn entry_for(name: &str, args: &[Value]) -> Result<Wanted, Error> {
        let unsupported = || Error::Worker(WorkerFailure::Unsupported("take arguments of such types"));
        let argument = |arg: &Value| match arg {
            Value::Str(path) if path.ends_with(".pq") || path.ends_with(".parquet") => {
                Ok(Argument::Dataset(path.clone()))
            }
            other => Shape::of(&other.ty()).map(Argument::Of).ok_or_else(unsupported),
        };
        Ok(Wanted::Entry(name.to_owned(), args.iter().map(argument).collect::<Result<_, _>>()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine_config::EngineOptions;

    /// Without the word `worker`, or the engine, in `recipe` and `native_recipe`: code that a worker made is found by
    /// somebody else, or by an engine that makes other code.
    #[test]
    fn keys_say_that_a_worker_made_it_and_for_which_engine() {
        let options = EngineOptions { canonical_nans: true, ..EngineOptions::default() };
        let plain = Engine::builder().build().expect("the engine can be made");
        let other = Engine::builder().native(options).build().expect("the engine can be made");
        let (source, globals) = (Source::new("m.py", ""), Snapshot::default());
        let recipes = |engine| {
            let code = recipe(engine, &source, &Wanted::Run, &globals);
            [code, native_recipe(engine, "m.f", [7; 32])]
        };
        for (own, others) in recipes(&plain).iter().zip(&recipes(&other)) {
            assert!(own.request.starts_with(&format!("worker {VERSION} ")), "{}", own.request);
            assert_ne!(own.key(), others.key(), "{}", own.request);
        }
        let [_, native] = recipes(&plain);
        assert_ne!(native.key(), native_recipe(&plain, "m.f", [8; 32]).key());
    }
}
