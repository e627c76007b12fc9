//! Errors of a call ↔ what is sent of them. What a worker sends is checked: places lie in the files that come
//! with them.

use ovenbird_compiler::budget::Exceeded;
use ovenbird_compiler::diagnostic::{Code, Diagnostic, Diagnostics, Label};
use ovenbird_compiler::source::{FileId, SourceFile, Sources, Span};
use serde::{Deserialize, Serialize};

use super::client::answer;
use crate::error::{CompileError, Error, Raised};
use crate::external::HostFunctionError;
use crate::limits::LimitExceeded;
use crate::traceback::Frame;

/// An error on its way.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Fault {
    Compile {
        files: Vec<File>,
        diagnostics: Vec<Sent>,
    },
    Raised(Raised),
    Limit(LimitExceeded, Vec<Frame>),
    Cancelled(Vec<Frame>),
    /// A function of the embedder panicked: `module.name`.
    Panicked(String, Vec<Frame>),
    Denied(String),
    Signature(String),
    Io(String),
    OutOfMemory(String),
    Internal(String),
}

/// A file that diagnostics point into; others are empty.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct File {
    name: String,
    text: String,
    library: bool,
}

/// A diagnostic.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Sent {
    code: u8,
    message: String,
    help: Option<String>,
    primary: Place,
    labels: Vec<Place>,
    limit: Option<Exceeded>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Place {
    file: u32,
    start: u32,
    end: u32,
    text: String,
}

impl Fault {
    pub(super) fn of(error: Error) -> Fault {
        match error {
            Error::Compile(error) => Fault::compile(&error),
            Error::Raised(raised) => Fault::Raised(*raised),
            Error::Limit { limit, traceback } => Fault::Limit(limit, traceback),
            Error::Cancelled { traceback } => Fault::Cancelled(traceback),
            Error::Denied(what) => Fault::Denied(what),
            Error::Signature(what) => Fault::Signature(what),
            Error::Io(what) => Fault::Io(what),
            Error::OutOfMemory(what) => Fault::OutOfMemory(what),
            Error::Internal(what) => Fault::Internal(what),
            Error::Host { error, traceback } => match *error {
                HostFunctionError::Panicked { function } => Fault::Panicked(function, traceback),
                // Whoever has the functions has looked whether they are there.
                other => Fault::Internal(other.to_string()),
            },
            // Workers have no workers and no cache, and all code is handed to them.
            other @ (Error::Worker(_) | Error::NoNativeCode { .. } | Error::Cache(_)) => {
                Fault::Internal(other.to_string())
            }
        }
    }

    fn compile(error: &CompileError) -> Fault {
        let CompileError { diagnostics, sources, cached: _ } = error;
        let diagnostics: Vec<Sent> = diagnostics.iter().map(Sent::of).collect();
        let pointed_at =
            |file: u32| diagnostics.iter().any(|one| one.places().any(|place| place.file == file));
        let file = |(number, file): (usize, &SourceFile)| {
            let text = if pointed_at(number as u32) { file.text.to_string() } else { String::new() };
            File { name: file.name.clone(), text, library: file.library }
        };
        Fault::Compile { files: sources.iter().enumerate().map(file).collect(), diagnostics }
    }

    /// The error that was sent, or that what was sent contradicts itself.
    pub(super) fn error(self) -> Error {
        self.into_error().unwrap_or_else(|| answer("diagnostics that fit no text"))
    }

    /// The error that was sent; `None` if it contradicts itself.
    pub(super) fn into_error(self) -> Option<Error> {
        Some(match self {
            Fault::Compile { files, diagnostics } => {
                let mut sources = Sources::default();
                for File { name, text, library } in files {
                    sources.add(SourceFile::new(name, text, library));
                }
                let diagnostics: Option<Vec<Diagnostic>> =
                    diagnostics.into_iter().map(|sent| sent.diagnostic(&sources)).collect();
                let diagnostics = Diagnostics::check(diagnostics?).err()?;
                Error::Compile(Box::new(CompileError { diagnostics, sources, cached: false }))
            }
            Fault::Raised(raised) => Error::Raised(Box::new(raised)),
            Fault::Limit(limit, traceback) => Error::Limit { limit, traceback },
            Fault::Cancelled(traceback) => Error::Cancelled { traceback },
            Fault::Panicked(function, traceback) => {
                Error::Host { error: Box::new(HostFunctionError::Panicked { function }), traceback }
            }
            Fault::Denied(what) => Error::Denied(what),
            Fault::Signature(what) => Error::Signature(what),
            Fault::Io(what) => Error::Io(what),
            Fault::OutOfMemory(what) => Error::OutOfMemory(what),
            Fault::Internal(what) => Error::Internal(what),
        })
    }
}

impl Sent {
    fn of(diagnostic: &Diagnostic) -> Sent {
        let Diagnostic { code, message, primary, labels, help, limit } = diagnostic;
        let code = Code::ALL.iter().position(|known| known == code).unwrap_or(Code::ALL.len()) as u8;
        let (message, help) = (message.clone(), help.clone());
        let labels = labels.iter().map(Place::of).collect();
        Sent { code, message, help, primary: Place::of(primary), labels, limit: *limit }
    }

    fn places(&self) -> impl Iterator<Item = &Place> {
        [&self.primary].into_iter().chain(&self.labels)
    }

    fn diagnostic(self, sources: &Sources) -> Option<Diagnostic> {
        let Sent { code, message, help, primary, labels, limit } = self;
        Some(Diagnostic {
            code: *Code::ALL.get(usize::from(code))?,
            message,
            primary: primary.label(sources)?,
            labels: labels.into_iter().map(|label| label.label(sources)).collect::<Option<_>>()?,
            help,
            limit,
        })
    }
}

impl Place {
    fn of(label: &Label) -> Place {
        let Label { span: Span { file, start, end }, text } = label;
        Place { file: file.0, start: *start, end: *end, text: text.clone() }
    }

    fn label(self, sources: &Sources) -> Option<Label> {
        let Place { file, start, end, text } = self;
        let file = FileId(file);
        sources.get(file)?.text.get(start as usize..end as usize)?;
        Some(Label { span: Span { file, start, end }, text })
    }
}
