//! Where there are no workers: an engine that is asked for them is not made.

use std::sync::Arc;
use std::time::Duration;

use ovenbird_compiler::budget::CompileBudget;
use ovenbird_compiler::infer::Request;
use ovenbird_compiler::schema::Schema;
use ovenbird_compiler::source::Sources;
use ovenbird_compiler::types::Type;

use super::Piece;
use crate::bundle::{Part, SchemaText, Target};
use crate::cache::key::Digest;
use crate::cache::why::Finding;
use crate::cancel::Cancel;
use crate::code::UnitInfo;
use crate::engine::Engine;
use crate::error::Error;
use crate::external::HostFunction;
use crate::globals::Snapshot;
use crate::grants::Grants;
use crate::imports::Output;
use crate::limits::Limits;
use crate::program::{Source, UnitOutline};
use crate::run::{Outcome, Tenant};
use crate::value::{Arg, Value};

pub(crate) mod client {
    pub(crate) use super::{Client, Code, Setting};
}

pub(crate) mod isolated {
    pub(crate) use super::Isolated;
}

pub(crate) mod wire {
    pub(crate) use super::Wanted;
}

pub(super) mod serve {
    /// Nothing can be served.
    pub(crate) fn serve() -> ! {
        std::process::exit(70)
    }
}

/// Never made.
#[derive(Clone)]
pub(crate) enum Client {}

/// Never made.
pub(crate) enum Code {}

/// Never made.
pub(crate) enum Isolated {}

/// Settings that workers share with their engine.
pub(crate) struct Setting;

/// Never made.
#[derive(Clone)]
pub(crate) enum Wanted {}

impl Setting {
    pub(crate) fn new(
        _native: &crate::engine_config::EngineOptions,
        _optimise: ovenbird_compiler::optimise::Options,
        _identity: &crate::engine_config::EngineIdentity,
    ) -> Self {
        Setting
    }
}

impl Wanted {
    pub(crate) fn of(_request: Request<'_>) -> Result<Wanted, Error> {
        Err(unsupported())
    }

    pub(crate) fn entry_for(_name: &str, _args: &[Value]) -> Result<Wanted, Error> {
        Err(unsupported())
    }
}

fn unsupported() -> Error {
    Error::Worker(super::WorkerFailure::Unsupported("be made on this system: worker processes need Linux"))
}

impl Client {
    pub(crate) fn start(_options: super::WorkerOptions, _setting: &Setting) -> Result<Client, Error> {
        Err(unsupported())
    }

    pub(crate) fn scoped(&self) -> Client {
        match *self {}
    }

    pub(crate) fn check_syntax(&self, _source: &Source, _budget: &CompileBudget) -> Result<(), Error> {
        match *self {}
    }

    pub(crate) fn group(
        &self,
        _engine: &Engine,
        _source: &Source,
        _wanted: Wanted,
        _globals: &Snapshot,
        _limits: &Limits,
        _budget: &CompileBudget,
    ) -> Result<Isolated, Error> {
        match *self {}
    }

    pub(crate) fn check(
        &self,
        _source: &Source,
        _wanted: &Wanted,
        _globals: &Snapshot,
        _limits: &Limits,
        _budget: &CompileBudget,
    ) -> Result<(Sources, Vec<UnitOutline>, Duration), Error> {
        match *self {}
    }

    pub(crate) fn signatures(
        &self,
        _source: &Source,
        _function: Option<&str>,
        _globals: &Snapshot,
        _budget: &CompileBudget,
    ) -> Result<Vec<(String, Vec<Type>)>, Error> {
        match *self {}
    }

    pub(crate) fn part(
        &self,
        _engine: &Engine,
        _source: &Source,
        _wanted: &Wanted,
        _globals: &Snapshot,
        _budget: &CompileBudget,
        _targets: (&[Target], bool),
    ) -> Result<Part, Error> {
        match *self {}
    }

    pub(crate) fn find(
        &self,
        _engine: &Engine,
        _source: &Source,
        _wanted: &Wanted,
        _globals: &Snapshot,
        _budget: &CompileBudget,
    ) -> Result<Option<Finding>, Error> {
        match *self {}
    }

    pub(crate) fn native_of(
        &self,
        _engine: &Engine,
        _label: &str,
        _wasm: &[u8],
    ) -> Result<Result<(Vec<u8>, bool), String>, Error> {
        match *self {}
    }

    pub(crate) fn schemas(
        &self,
        _bundle: Digest,
        _grants: &Grants,
        _limits: &Limits,
        _paths: Vec<String>,
    ) -> Result<Vec<Option<Arc<Schema>>>, Error> {
        match *self {}
    }

    pub(crate) fn assembled(
        &self,
        _pieces: &[Piece],
        _sources: &Sources,
        _params: &[Type],
        _result: &Type,
    ) -> Result<Arc<Code>, Error> {
        match *self {}
    }

    pub(crate) fn isolated(
        &self,
        _code: Arc<Code>,
        _types: (Vec<Type>, Type),
        _functions: Vec<HostFunction>,
        _datasets: Vec<(String, SchemaText)>,
        _infos: Vec<UnitInfo>,
    ) -> Isolated {
        match *self {}
    }
}

impl Isolated {
    pub(crate) fn wanted(&self) -> Option<&Wanted> {
        match *self {}
    }

    pub(crate) fn params(&self) -> &[Type] {
        match *self {}
    }

    pub(crate) fn result(&self) -> &Type {
        match *self {}
    }

    pub(crate) fn infos(&self) -> &[UnitInfo] {
        match *self {}
    }

    pub(crate) fn call_until(
        &self,
        _tenant: &Tenant,
        _args: &[Arg<'_>],
        _output: Output,
        _cancel: Option<&Cancel>,
    ) -> Outcome {
        match *self {}
    }
}
