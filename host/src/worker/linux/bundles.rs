//! What bundles ask of workers: native code of their wasm where they bring none, schemas of data files, and code that
//! workers load. Who signed what, and what may be used at all, is decided before (`bundle.rs`).

use std::sync::Arc;
use std::time::Instant;

use ovenbird_compiler::schema::Schema;
use ovenbird_compiler::source::Sources;
use ovenbird_compiler::types::Type;

use super::blob;
use super::client::{Client, Code, MAX_CODE, answer, next};
use super::frame::Most;
use super::isolated::Isolated;
use super::serve::result_shape;
use super::wanted::native_recipe;
use super::wire::{Answer, Ask, Face, UnitFace};
use crate::bundle::SchemaText;
use crate::cache::key::{self, Digest};
use crate::code::UnitInfo;
use crate::engine::Engine;
use crate::error::Error;
use crate::external::HostFunction;
use crate::grants::Grants;
use crate::limits::Limits;
use crate::probe::shape::Shape;
use crate::worker::Piece;

impl Client {
    /// Native code of wasm, and whether it was there already. The inner error says what is wrong with the wasm.
    pub(crate) fn native_of(
        &self,
        engine: &Engine,
        label: &str,
        wasm: &[u8],
    ) -> Result<Result<(Vec<u8>, bool), String>, Error> {
        let started = Instant::now();
        let digest = key::digest(wasm);
        let recipe = native_recipe(engine, label, digest);
        if engine.cache().is_on()
            && let Ok(native) = engine.cache().get_probe(&recipe)
        {
            return Ok(Ok((native, true)));
        }
        let (most, time) = (Most { head: 1 << 16, tail: MAX_CODE }, engine.compile_budget().time);
        Ok(match self.ask_for(digest, &Grants::none(), &Ask::Native, wasm, most, time)? {
            (Answer::Native(Ok(())), native) => {
                engine.count_native_there();
                engine.cache().put_probe(&recipe, &native, started.elapsed());
                Ok((native, false))
            }
            (Answer::Native(Err(what)), _) => Err(what),
            _ => return Err(answer("no native code")),
        })
    }

    /// Schemas of datasets, where there are any, for a bundle.
    pub(crate) fn schemas(
        &self,
        bundle: Digest,
        grants: &Grants,
        limits: &Limits,
        paths: Vec<String>,
    ) -> Result<Vec<Option<Arc<Schema>>>, Error> {
        let (count, most) = (paths.len(), Most { head: 64 << 20, tail: 0 });
        let ask = Ask::Schemas { paths, limits: limits.clone() };
        let found = match self.ask_for(bundle, grants, &ask, &[], most, limits.deadline)?.0 {
            Answer::Schemas(found) if found.len() == count => found,
            _ => return Err(answer("not the schemas")),
        };
        let schema = |text: Option<SchemaText>| {
            text.map(|text| text.to_schema().map(Arc::new).map_err(|what| answer(&what))).transpose()
        };
        found.into_iter().map(schema).collect()
    }

    /// Code for workers of units that are bytes here; the first takes `params` and gives `result`.
    pub(crate) fn assembled(
        &self,
        pieces: &[Piece],
        sources: &Sources,
        params: &[Type],
        result: &Type,
    ) -> Result<Arc<Code>, Error> {
        let refused = |ty: &Type| Error::Signature(format!("a `{ty}` cannot be handed to a worker process"));
        let shape = |ty: &Type| taken(ty).ok_or_else(|| refused(ty));
        let shapes = params.iter().map(shape).collect::<Result<_, _>>()?;
        let result = result_shape(result).ok_or_else(|| refused(result))?;
        let face = Face {
            result: result.clone(),
            units: pieces.iter().map(|piece| UnitFace::of(&piece.info)).collect(),
            cache: false,
            facts: None,
            hosts: Vec::new(),
            externals: Vec::new(),
            unread: pieces.first().map(|piece| piece.artifact.unread.clone()).unwrap_or_default(),
        };
        Ok(Arc::new(Code { number: next(), face, bytes: blob::pack(pieces, sources, shapes, result) }))
    }

    /// The code with the functions of the embedder that it may call, ready to be called.
    pub(crate) fn isolated(
        &self,
        code: Arc<Code>,
        (params, result): (Vec<Type>, Type),
        functions: Vec<HostFunction>,
        datasets: Vec<(String, SchemaText)>,
        infos: Vec<UnitInfo>,
    ) -> Isolated {
        let received = code.face.result.ty();
        let (client, wanted, given) = (self.clone(), None, Vec::new());
        Isolated { client, code, wanted, params, result, received, given, functions, datasets, infos }
    }
}

/// What crosses of a parameter's type: a dataset is named by a text.
pub(super) fn taken(ty: &Type) -> Option<Shape> {
    Some(match ty {
        Type::Dataset(_) => Shape::Str,
        Type::Tuple(items) => {
            return Shape::of(ty)
                .or_else(|| Some(Shape::Tuple(items.iter().map(taken).collect::<Option<_>>()?)));
        }
        other => return Shape::of(other),
    })
}
