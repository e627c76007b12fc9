//! Errors by blame: whose fault it was decides which variant it is, and what a caller can do.

use std::fmt;

use ovenbird_compiler::diagnostic::{Code, Diagnostics};
use ovenbird_compiler::render;
use ovenbird_compiler::source::Sources;
use serde::{Deserialize, Serialize};

use crate::external::HostFunctionError;
use crate::limits::LimitExceeded;
use crate::miss::MissReason;
use crate::traceback::Frame;
#[cfg(feature = "compiler")]
use crate::worker::WorkerFailure;

/// Why something did not work.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The program is wrong: diagnostics with source places.
    Compile(Box<CompileError>),
    /// The program raised an exception that nothing caught.
    Raised(Box<Raised>),
    /// A limit was reached.
    Limit {
        /// Which, how much was used and allowed.
        limit: LimitExceeded,
        /// Where the program was, outermost first; may be empty.
        traceback: Vec<Frame>,
    },
    /// The host ended the call.
    Cancelled {
        /// Where the program was, outermost first; may be empty.
        traceback: Vec<Frame>,
    },
    /// The program asked for something that is not granted.
    Denied(String),
    /// A function that the embedder gives to guests is not there, has other types, or panicked.
    Host {
        /// Which, and what is wrong with it.
        error: Box<HostFunctionError>,
        /// Where the program was, outermost first; may be empty.
        traceback: Vec<Frame>,
    },
    /// A bundle has no native code that this machine can use, and this build has no compiler to make some. A
    /// build with the compiler never says so.
    NoNativeCode {
        /// `module.function`.
        label: String,
        /// Why what is in the bundle does not fit.
        reason: MissReason,
    },
    /// A function was asked for with another signature than it has.
    Signature(String),
    /// Something is wrong with the cache, or a value that was compiled in has changed. In strict mode only
    /// (`OVENBIRD_CACHE=strict`): else that costs time and is no error.
    Cache(String),
    /// Reading or writing on the host's own behalf failed.
    Io(String),
    /// A worker process failed; the next call gets another one.
    #[cfg(feature = "compiler")]
    Worker(WorkerFailure),
    /// The system does not give memory or address space that is needed: a limit of the process (`ulimit -v`) or of the
    /// machine. With fewer calls at a time it may.
    OutOfMemory(String),
    /// A bug in Ovenbird.
    Internal(String),
}

/// Diagnostics with the sources that they point into.
#[derive(Debug)]
pub struct CompileError {
    /// What is wrong.
    pub diagnostics: Diagnostics,
    /// The files.
    pub sources: Sources,
    /// Whether they were found at an earlier time and kept in the cache since.
    pub cached: bool,
}

/// An exception.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raised {
    /// Its class: `IndexError`.
    pub exception: String,
    /// Its text; may be empty. A guest wrote it: it can have control characters, but at most
    /// [`Raised::MAX_MESSAGE`] bytes.
    pub message: String,
    /// Where, outermost first.
    pub traceback: Vec<Frame>,
}

impl CompileError {
    /// As a terminal shows it.
    pub fn render(&self, color: bool) -> String {
        render::render(&self.diagnostics, &self.sources, color)
    }

    /// As data, for `--json`.
    pub fn to_json(&self) -> Vec<render::JsonDiagnostic> {
        render::to_json(&self.diagnostics, &self.sources)
    }
}

impl Raised {
    /// Most bytes of an exception's text, or [`Limits::output_bytes`](crate::Limits::output_bytes) if that is less: what
    /// is longer is cut, and [`Raised::CUT`] is put behind it.
    pub const MAX_MESSAGE: usize = 16 << 10;

    /// Stands behind a text that was cut.
    pub const CUT: &str = "… (shortened)";

    /// An exception with at most so many bytes of its text.
    pub(crate) fn within(most: usize, exception: &str, mut message: String, traceback: Vec<Frame>) -> Self {
        if message.len() > most {
            message.truncate(message.floor_char_boundary(most));
            message.push_str(Self::CUT);
        }
        Raised { exception: exception.to_owned(), message, traceback }
    }

    /// The last line of a traceback.
    pub fn summary(&self) -> String {
        if self.message.is_empty() {
            self.exception.clone()
        } else {
            format!("{}: {}", self.exception, self.message)
        }
    }
}

impl Error {
    /// The limit that was reached, of a run or of compiling, if that is what is wrong.
    pub fn limit(&self) -> Option<LimitExceeded> {
        match self {
            Error::Limit { limit, .. } => Some(*limit),
            Error::Compile(error) => error.diagnostics.iter().find_map(|d| d.limit).map(LimitExceeded::from),
            _ => None,
        }
    }

    /// Exit code of the command line for this error.
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Raised(_) => 1,
            Error::Compile(error) if error.diagnostics.iter().any(|d| d.code == Code::Denied) => 4,
            Error::Compile(_)
            | Error::Signature(_)
            | Error::NoNativeCode { .. }
            | Error::Cache(_)
            | Error::Io(_) => 2,
            Error::Limit { .. } | Error::Cancelled { .. } | Error::OutOfMemory(_) => 3,
            Error::Denied(_) => 4,
            Error::Host { error, .. } if matches!(**error, HostFunctionError::Panicked { .. }) => 70,
            Error::Host { .. } => 2,
            #[cfg(feature = "compiler")]
            Error::Worker(_) => 70,
            Error::Internal(_) => 70,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Compile(error) => f.write_str(error.render(false).trim_end()),
            Error::Raised(raised) => {
                if !raised.traceback.is_empty() {
                    writeln!(f, "Traceback (most recent call last):")?;
                    for frame in &raised.traceback {
                        writeln!(f, "{frame}")?;
                    }
                }
                f.write_str(&raised.summary())
            }
            Error::Limit { limit, traceback } => {
                stopped(f, traceback)?;
                write!(f, "{limit}")
            }
            Error::Cancelled { traceback } => {
                stopped(f, traceback)?;
                f.write_str("cancelled")
            }
            Error::Host { error, traceback } => {
                stopped(f, traceback)?;
                error.fmt(f)
            }
            Error::Denied(what) => write!(f, "denied: {what}"),
            Error::NoNativeCode { label, reason } => {
                write!(f, "the bundle has no native code of `{label}` for this machine: ")?;
                match reason {
                    MissReason::Cold => f.write_str("it has wasm only"),
                    reason => write!(f, "{reason}"),
                }
            }
            Error::Signature(what) | Error::Io(what) => f.write_str(what),
            #[cfg(feature = "compiler")]
            Error::Worker(failure) => failure.fmt(f),
            Error::Cache(what) => write!(f, "the cache is strict: {what}"),
            Error::OutOfMemory(what) => write!(
                f,
                "out of memory: {what}\nraise the limit of address space (`ulimit -v` shows it), or run less at a time"
            ),
            Error::Internal(what) => write!(f, "internal error: {what}\nthis is a bug in Ovenbird"),
        }
    }
}

/// Where the program was when it was stopped.
fn stopped(f: &mut fmt::Formatter<'_>, traceback: &[Frame]) -> fmt::Result {
    if !traceback.is_empty() {
        writeln!(f, "Stopped (most recent call last):")?;
        for frame in traceback {
            writeln!(f, "{frame}")?;
        }
    }
    Ok(())
}

impl From<HostFunctionError> for Error {
    fn from(error: HostFunctionError) -> Self {
        Error::Host { error: Box::new(error), traceback: Vec::new() }
    }
}

impl std::error::Error for Error {}
