//! Programs that do not compile: the same text in the same world → the same diagnostics, not made again.
//!
//! Beside the code, the cache keeps what is wrong with programs that ask for caching. The key is over the
//! source's bytes (diagnostics have positions), the request, and everything that the compiler is made of;
//! the entry records every fact about the world that the compiler asked for, as a probe does, and is used
//! only if all of them are the same again. It is shown word for word as the first time; that it was not
//! made anew is said to the cache's observers and in [`CompileError::cached`] only.
//!
//! Only what depends on nothing else is kept: no limit that was reached, nothing that was denied or could
//! not be read, no internal error.

use std::time::Duration;

use ovenbird_compiler::ast::{self, ExprKind, StmtKind};
use ovenbird_compiler::diagnostic::{Code, Diagnostic, Diagnostics, Label};
use ovenbird_compiler::infer::Request;
use ovenbird_compiler::source::{FileId, SourceFile, Sources, Span};
use serde::{Deserialize, Serialize};

use crate::cache::key::{L0Key, L0Recipe};
use crate::engine::Engine;
use crate::error::CompileError;
use crate::globals::Snapshot;
use crate::probe::facts::{Facts, Texts};
use crate::probe::{self, Probe};
use crate::program::Source;
use crate::world::{Asked, GrantedWorld};

/// Largest entry that is written: the diagnostics and what they depend on.
const MAX_BYTES: usize = 4 << 10;
/// Most files of one program.
const MAX_FILES: u32 = 10_000;
/// Most bytes of one request that are looked up.
const MAX_REQUEST: usize = 64 << 10;

/// What an entry holds.
#[derive(Serialize, Deserialize)]
struct Record {
    facts: Facts,
    /// The files that the diagnostics point into, by number.
    files: Vec<(u32, File)>,
    diagnostics: Vec<Stored>,
}

#[derive(Serialize, Deserialize)]
enum File {
    /// The program itself.
    Main,
    /// An imported module, by name.
    Module(String),
    /// A file of the library, by path.
    Library(String),
    /// The statements of the request.
    Request,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    code: u8,
    message: String,
    primary: Place,
    labels: Vec<Place>,
    help: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Place {
    file: u32,
    start: u32,
    end: u32,
    text: String,
}

/// One request to one text.
pub(crate) struct Negative<'a> {
    engine: &'a Engine,
    source: &'a Source,
    request: Request<'a>,
    globals: &'a Snapshot,
    key: L0Key,
}

impl<'a> Negative<'a> {
    /// `None` if nothing can be kept. The request's probe, if there is one, has its key already.
    pub(crate) fn new(
        engine: &'a Engine,
        source: &'a Source,
        globals: &'a Snapshot,
        request: Request<'a>,
        probe: Option<&Probe<'_>>,
    ) -> Option<Self> {
        let is_long = matches!(request, Request::Then(name, text) if name.len() + text.len() > MAX_REQUEST);
        if !engine.cache().is_on() || is_long {
            return None;
        }
        let key = match probe {
            Some(probe) => probe.diagnostics_key(),
            None => recipe(engine, source, globals, request).key().of_diagnostics(),
        };
        Some(Negative { engine, source, request, globals, key })
    }

    /// What was found wrong with this program before, if the world is as it was.
    pub(crate) fn load(&self, world: &GrantedWorld<'_>) -> Option<CompileError> {
        let bytes = self.engine.cache().get_diagnostics_by(self.key, &label(self.source)).ok()?;
        let config = bincode::config::standard().with_limit::<MAX_BYTES>();
        let (record, used): (Record, usize) = bincode::serde::decode_from_slice(&bytes, config).ok()?;
        if used != bytes.len() {
            return None;
        }
        let texts = record.facts.hold(world)?;
        record.restored(self.source, &self.request, &texts)
    }

    /// Keeps what is wrong with a program that asks for caching, if that depends on nothing but what is
    /// asked again.
    pub(crate) fn store(&self, error: &CompileError, asked: &Asked, made_in: Duration) {
        let lasts = error.diagnostics.iter().all(|diagnostic| lasts(diagnostic.code));
        if !lasts || !asks_for_caching(self.source) {
            return;
        }
        let Some(record) = Record::of(self.source, &self.request, error, asked) else { return };
        let Ok(bytes) = bincode::serde::encode_to_vec(&record, bincode::config::standard()) else { return };
        if bytes.len() <= MAX_BYTES {
            let recipe = recipe(self.engine, self.source, self.globals, self.request);
            self.engine.cache().put_diagnostics(&recipe, &bytes, made_in);
        }
    }
}

fn label(source: &Source) -> String {
    format!("{} (diagnostics)", source.name())
}

/// The recipe of a request, as its probe has it, if it has one.
fn recipe(engine: &Engine, source: &Source, globals: &Snapshot, request: Request<'_>) -> L0Recipe {
    let (shown, params) = probe::request(request);
    let recipe = probe::recipe(engine, source, shown, params);
    L0Recipe { label: label(source), globals: globals.inputs(), ..recipe }
}

/// Whether a program asks for caching, as far as its own text tells.
fn asks_for_caching(source: &Source) -> bool {
    let Ok(module) = ovenbird_compiler::parse::parse_module(FileId(0), source.text()) else { return false };
    let asks = |decorator: &ast::Expr| match &decorator.kind {
        ExprKind::Call { keywords, .. } => {
            keywords.iter().any(|(name, value)| name == "cache" && matches!(value.kind, ExprKind::Bool(true)))
        }
        _ => false,
    };
    module.body.iter().any(|statement| match &statement.kind {
        StmtKind::Function(function) => function.decorators.iter().any(asks),
        _ => false,
    })
}

/// Whether an error does not depend on what cannot be compared later: the world's files, or a budget.
fn lasts(code: Code) -> bool {
    match code {
        Code::BadDataset | Code::Denied | Code::TooLarge => false,
        Code::SyntaxError
        | Code::UnsupportedSyntax
        | Code::UnknownName
        | Code::UnknownImport
        | Code::UnknownAttribute
        | Code::UnknownColumn
        | Code::TypeMismatch
        | Code::CannotInfer
        | Code::BadCall
        | Code::GlobalNotConstant => true,
    }
}

impl Record {
    fn of(source: &Source, request: &Request<'_>, error: &CompileError, asked: &Asked) -> Option<Record> {
        let facts = Facts::of(asked)?;
        let labels = error.diagnostics.iter().flat_map(|one| [&one.primary].into_iter().chain(&one.labels));
        let mut numbers: Vec<u32> = labels.map(|label| label.span.file.0).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let files = numbers.into_iter().map(|number| {
            let file = error.sources.get(FileId(number))?;
            Some((number, File::of(file, source, request, &facts)?))
        });
        let files = files.collect::<Option<Vec<_>>>()?;
        Some(Record { facts, files, diagnostics: error.diagnostics.iter().map(Stored::of).collect() })
    }

    /// The diagnostics with the current texts. `None` if they do not fit.
    fn restored(self, source: &Source, request: &Request<'_>, texts: &Texts) -> Option<CompileError> {
        let mut sources = Sources::default();
        for (number, file) in &self.files {
            if *number > MAX_FILES {
                return None;
            }
            // The others are not pointed at.
            while (sources.iter().count() as u32) < *number {
                sources.add(SourceFile::new("", "", true));
            }
            sources.add(match file {
                File::Main => SourceFile::new(source.name(), source.text(), false),
                File::Module(name) => {
                    let (display, text) = texts.get(name)?;
                    SourceFile::new(display.clone(), text.as_str(), false)
                }
                File::Library(path) => {
                    SourceFile::new(format!("<stdlib>/{path}.py"), ovenbird_stdlib::get(path)?, true)
                }
                File::Request => match request {
                    Request::Then(name, text) => SourceFile::new(*name, *text, false),
                    Request::Run | Request::Check | Request::Entry(..) | Request::Rows(..) => return None,
                },
            });
        }
        let diagnostics: Option<Vec<Diagnostic>> =
            self.diagnostics.into_iter().map(|stored| stored.restored(&sources)).collect();
        let diagnostics = Diagnostics::check(diagnostics?).err()?;
        Some(CompileError { diagnostics, sources, cached: true })
    }
}

impl File {
    fn of(file: &SourceFile, source: &Source, request: &Request<'_>, facts: &Facts) -> Option<Self> {
        if file.library {
            let path = file.name.strip_prefix("<stdlib>/")?.strip_suffix(".py")?;
            return Some(File::Library(path.to_owned()));
        }
        if file.name == source.name() && *file.text == *source.text() {
            return Some(File::Main);
        }
        if let Request::Then(name, text) = request
            && file.name == *name
            && *file.text == **text
        {
            return Some(File::Request);
        }
        Some(File::Module(facts.module_of(&file.name)?.to_owned()))
    }
}

impl Stored {
    fn of(diagnostic: &Diagnostic) -> Self {
        // What was refused for its size is not kept.
        let Diagnostic { code, message, primary, labels, help, limit: _ } = diagnostic;
        let code = Code::ALL.iter().position(|known| known == code).unwrap_or(Code::ALL.len()) as u8;
        let (message, help) = (message.clone(), help.clone());
        Stored {
            code,
            message,
            primary: Place::of(primary),
            labels: labels.iter().map(Place::of).collect(),
            help,
        }
    }

    /// `None` if it does not fit the files.
    fn restored(self, sources: &Sources) -> Option<Diagnostic> {
        let Stored { code, message, primary, labels, help } = self;
        Some(Diagnostic {
            code: *Code::ALL.get(usize::from(code))?,
            message,
            primary: primary.restored(sources)?,
            labels: labels.into_iter().map(|label| label.restored(sources)).collect::<Option<_>>()?,
            help,
            limit: None,
        })
    }
}

impl Place {
    fn of(label: &Label) -> Self {
        let Label { span: Span { file, start, end }, text } = label;
        Place { file: file.0, start: *start, end: *end, text: text.clone() }
    }

    fn restored(self, sources: &Sources) -> Option<Label> {
        let Place { file, start, end, text } = self;
        let file = FileId(file);
        sources.get(file)?.text.get(start as usize..end as usize)?;
        Some(Label { span: Span { file, start, end }, text })
    }
}
