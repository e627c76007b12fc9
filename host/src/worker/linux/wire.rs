//! What is said between an engine and a worker. Heads are bincode; the tail's meaning is said with each message.

use std::time::Duration;

use ovenbird_compiler::budget::CompileBudget;
use serde::{Deserialize, Serialize};

use super::errors::Fault;
use super::values::Sent;
use crate::code::Timings;
use crate::engine_config::EngineOptions;
use crate::globals::Snapshot;
use crate::grants::AccessError;
use crate::levels::Level;
use crate::limits::Limits;
use crate::probe::shape::Shape;
use crate::run::Usage;
use crate::value::Value;

/// Version of all of this. Both sides are of one build, which is compared as well.
pub(super) const VERSION: u32 = 1;

/// What a program is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Wanted {
    /// Nothing but whether its syntax is right.
    Syntax,
    /// Its top level.
    Run,
    /// Its top level as an import would run it, then statements: their name and text.
    Then(String, String),
    /// A function for each row of a frame of this type.
    Rows(String, Shape),
    /// A function for arguments.
    Entry(String, Vec<Argument>),
}

/// The type of an argument.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Argument {
    /// This type.
    Of(Shape),
    /// A text that names a dataset, whose schema is part of the type.
    Dataset(String),
}

/// To a worker.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Ask {
    /// The first message.
    Setup(Setup),
    /// Compile.
    Compile(Job),
    /// Whether the facts in the tail still hold.
    Hold {
        /// Within these limits.
        limits: Limits,
    },
    /// Load the code in the tail, to be called by this number.
    Load(u64),
    /// Call code that was loaded.
    Call(Call),
    /// The answer to `Open`: the file is on the other socket, or there is none.
    Opened(Result<(), Refused>),
    /// End the call of this number.
    Cancel(u64),
    /// Does what a hostile worker would.
    #[cfg(test)]
    Attack(String),
}

/// What a worker must know before it gives up its rights.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Setup {
    pub(super) memory_bytes: u64,
    pub(super) cpu_seconds: u64,
    pub(super) optimise: ovenbird_compiler::optimise::Options,
    pub(super) canonical_nans: bool,
    pub(super) parallel_compilation: bool,
    pub(super) stack_bytes: usize,
    pub(super) level: Option<String>,
}

impl Setup {
    /// Settings of the code generator, as the engine outside has them. Instances are allocated on demand: one call at
    /// a time needs no pool.
    pub(super) fn native(&self) -> EngineOptions {
        EngineOptions {
            canonical_nans: self.canonical_nans,
            parallel_compilation: self.parallel_compilation,
            stack_bytes: self.stack_bytes,
            level: self.level.as_deref().and_then(Level::parse),
            ..EngineOptions::default()
        }
    }
}

/// A program to compile.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Job {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) globals: Snapshot,
    pub(super) wanted: Wanted,
    pub(super) limits: Limits,
    pub(super) budget: CompileBudget,
}

/// A call.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Call {
    pub(super) number: u64,
    /// As it was loaded.
    pub(super) code: u64,
    /// Elements of arrays are in the tail.
    pub(super) args: Vec<Sent>,
    pub(super) given: Vec<(String, Value)>,
    pub(super) limits: Limits,
    pub(super) clock: bool,
    pub(super) print: Print,
}

/// What becomes of printed text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Print {
    /// It is only counted.
    Nowhere,
    /// It is sent in large pieces.
    Pieces,
    /// It is sent line by line.
    Lines,
}

/// From a worker.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Answer {
    /// It is set up and has no rights left.
    Ready {
        /// [`VERSION`].
        version: u32,
        /// What it was built from, and what code it makes.
        build: [u8; 32],
    },
    /// It cannot give up its rights, or make an engine, and ends.
    CannotServe(String),
    /// It needs a file.
    Open(String),
    /// Something was printed: the tail.
    Printed,
    /// A program is compiled; the tail is the code.
    Compiled(Result<Option<Face>, Fault>),
    /// Whether the facts hold.
    Holds(bool),
    /// The code is loaded, or why not.
    Loaded(Result<(), String>),
    /// The call ended; elements of arrays are in the tail.
    Done(Result<Sent, Fault>, Usage),
    /// What an attack gave.
    #[cfg(test)]
    Attacked(Vec<String>),
}

/// What is to be known of compiled code outside of workers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Face {
    pub(super) result: Shape,
    pub(super) units: Vec<UnitFace>,
    /// Whether the program asks for caching.
    pub(super) cache: bool,
    /// The facts about the world that it depends on, if they can be compared later; empty if there are none.
    pub(super) facts: Option<Vec<u8>>,
}

/// What is told of a unit.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct UnitFace {
    pub(super) label: String,
    pub(super) params: Vec<String>,
    pub(super) result: String,
    pub(super) timings: Timings,
    pub(super) wasm_bytes: usize,
    pub(super) key: String,
}

/// Why a file was not opened.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Refused {
    Denied(String),
    NotFound,
    NotAFile(String),
    Io,
}

impl Refused {
    pub(super) fn of(error: &AccessError) -> Refused {
        match error {
            AccessError::Denied { reason, .. } => Refused::Denied((*reason).to_owned()),
            AccessError::NotFound { .. } => Refused::NotFound,
            AccessError::NotAFile { kind, .. } => Refused::NotAFile((*kind).to_owned()),
            AccessError::Io { .. } => Refused::Io,
        }
    }

    /// The same for a path. Texts are among those that this build has.
    pub(super) fn error(&self, path: &str) -> AccessError {
        let path = path.to_owned();
        match self {
            Refused::Denied(reason) => {
                AccessError::Denied { path, reason: known(&crate::grants::REASONS, reason) }
            }
            Refused::NotFound => AccessError::NotFound { path },
            Refused::NotAFile(kind) => {
                AccessError::NotAFile { path, kind: known(&crate::grants::KINDS, kind) }
            }
            Refused::Io => AccessError::Io { path, kind: std::io::ErrorKind::Other },
        }
    }
}

fn known(texts: &'static [&'static str], text: &str) -> &'static str {
    texts.iter().find(|known| **known == text).copied().unwrap_or("it is refused")
}

/// Whole seconds, at least one.
pub(super) fn seconds(time: Duration) -> u64 {
    time.as_secs().max(1)
}
