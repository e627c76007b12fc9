//! What is said between an engine and a worker. Heads are bincode; the tail's meaning is said with each message.

use std::collections::BTreeMap;
use std::time::Duration;

use ovenbird_compiler::abi::external::{External, Functions};
use ovenbird_compiler::budget::CompileBudget;
use serde::{Deserialize, Serialize};

use super::errors::Fault;
use super::values::Sent;
use crate::bundle::{SchemaText, TypeText};
use crate::code::Timings;
use crate::engine_config::EngineOptions;
use crate::external::passed::{Passed, few};
use crate::external::relay::Reply;
use crate::globals::Snapshot;
use crate::grants::AccessError;
use crate::levels::Level;
use crate::limits::Limits;
use crate::probe::shape::Shape;
use crate::program::UnitOutline;
use crate::run::Usage;
use crate::value::Value;

/// Version of all of this. Both sides are of one build, which is compared as well.
pub(super) const VERSION: u32 = 5;

/// What a program is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Wanted {
    /// Nothing but whether its syntax is right.
    Syntax,
    /// All of it that can be checked.
    Check,
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
    /// A type with something in it that is known before: a schema.
    Known(TypeText),
}

/// To a worker.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Ask {
    /// The first message.
    Setup(Setup),
    /// Compile.
    Compile(Job),
    /// Look for errors.
    Check(Job),
    /// Compile for a bundle: for targets of these names, and without the source if so wanted.
    Build { job: Job, targets: Vec<String>, strip: bool },
    /// Which functions a program has, or for which arguments one of them is called.
    Signatures { job: Job, function: Option<String> },
    /// Compile the wasm in the tail, if it is metered.
    Native,
    /// The schemas of these datasets.
    Schemas {
        /// Their paths.
        paths: Vec<String>,
        /// Within these limits.
        limits: Limits,
    },
    /// Whether the facts in the tail still hold.
    Hold {
        /// Within these limits.
        limits: Limits,
    },
    /// Which of the facts in the tail do not hold any more.
    Differ {
        /// Within these limits.
        limits: Limits,
    },
    /// Load the code in the tail, to be called by this number.
    Load(u64),
    /// Call code that was loaded.
    Call(Call),
    /// The answer to `Open`: the file is on the other socket, or there is none.
    Opened(Result<(), Refused>),
    /// The answer to `Function`.
    Called(Reply),
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
    pub(super) explicit_checks: bool,
    pub(super) parallel_compilation: bool,
    pub(super) stack_bytes: usize,
    pub(super) level: Option<String>,
}

impl Setup {
    /// Settings of the code generator, as the engine outside has them. That one has no pool: one call at a time needs
    /// none.
    pub(super) fn native(&self) -> EngineOptions {
        EngineOptions {
            canonical_nans: self.canonical_nans,
            explicit_checks: self.explicit_checks,
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
    /// Names and signatures of the embedder's functions that the program was given.
    pub(super) hosts: BTreeMap<String, Functions>,
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
    /// The embedder's functions that the code may call, as they are registered; numbered by their places.
    pub(super) functions: Vec<External>,
    /// Modules of them that the tenant may not use.
    pub(super) denied: Vec<String>,
    /// Datasets that the code was compiled for long ago, with what they must look like.
    pub(super) datasets: Vec<(String, SchemaText)>,
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
    /// It wants a function of the embedder called: its number, and arguments.
    Function(u32, #[serde(deserialize_with = "few")] Vec<Passed>),
    /// A program is compiled; the tail is the code.
    Compiled(Result<Option<Face>, Fault>),
    /// A program is checked.
    Checked(Result<Found, Fault>),
    /// Something is compiled for a bundle; it is in the tail.
    Built(Result<(), Fault>),
    /// Functions for arguments.
    Signatures(Result<Vec<Wanted>, Fault>),
    /// Native code of the wasm is in the tail, or why there is none.
    Native(Result<(), String>),
    /// The schemas, where there are any.
    Schemas(Vec<Option<SchemaText>>),
    /// Whether the facts hold.
    Holds(bool),
    /// The facts that do not hold.
    Differ(Vec<Differing>),
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
    /// The facts about files that it depends on, if they can be compared later; empty if there are none.
    pub(super) facts: Option<Vec<u8>>,
    /// Modules of the embedder that the compiler asked for: what there was.
    pub(super) hosts: Vec<(String, Option<Functions>)>,
    /// The embedder's functions that the units import.
    pub(super) externals: Vec<External>,
    /// Scalars of the arguments that it never looks at, ascending. Whoever lies here gets zeros.
    pub(super) unread: Vec<u32>,
}

/// What is to be known of a program that is right.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Found {
    /// Name and text of each file; no text if it is one of the library's.
    pub(super) files: Vec<(String, Option<String>)>,
    pub(super) units: Vec<UnitOutline>,
    /// How long it took.
    pub(super) time: Duration,
}

/// A fact about a file that does not hold any more.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Differing {
    /// Whether it is about the schema of a dataset, and not about the text of a module.
    pub(super) schema: bool,
    pub(super) name: String,
    pub(super) old: Option<String>,
    pub(super) new: Option<String>,
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
