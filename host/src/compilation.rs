//! One request to compile, under its budget: what may be used, since when the clock runs, and whether to
//! stop. Refusals of the compiler → errors with their place. What is compiled is not known here.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ovenbird_compiler::budget::{CompileBudget, CompileLimit, Exceeded};
use ovenbird_compiler::diagnostic::Diagnostic;
use ovenbird_compiler::guard::{Guard, Ledger, Refused};
use ovenbird_compiler::source::{FileId, Sources, Span};
use ovenbird_compiler::typed::Unit;

use crate::error::{CompileError, Error};

/// A budget and a clock.
#[derive(Clone, Debug)]
pub(crate) struct Compilation {
    budget: CompileBudget,
    started: Instant,
    /// What its units have used together.
    ledger: Arc<Ledger>,
}

impl Compilation {
    /// Starts the clock.
    pub(crate) fn start(budget: &CompileBudget) -> Self {
        Compilation { budget: budget.clone(), started: Instant::now(), ledger: Arc::default() }
    }

    /// What may be used.
    pub(crate) fn budget(&self) -> &CompileBudget {
        &self.budget
    }

    /// Time since it began.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// What has been used of the time, once that is too much.
    pub(crate) fn stopped(&self) -> Option<Exceeded> {
        let used = u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.budget.check(CompileLimit::Time, used).err()
    }

    /// Takes memory for what is known of the program before its units are compiled.
    pub(crate) fn took_memory(&self, bytes: u64) {
        self.ledger.add(CompileLimit::Memory, bytes);
    }

    /// Does a step for a unit that asks a guard; its refusal becomes an error at the function's place.
    pub(crate) fn guarded<T>(
        &self,
        unit: &Unit,
        step: impl FnOnce(&Guard<'_>) -> Result<T, Refused>,
    ) -> Result<T, Error> {
        let stopped = || self.stopped();
        step(&Guard::new(&self.budget, &self.ledger, &stopped)).map_err(|refused| error(unit, &refused))
    }
}

/// A refusal as a diagnostic. Its file is known by number only, until [`with_sources`] is asked.
fn error(unit: &Unit, refused: &Refused) -> Error {
    let message = match refused.exceeded.which {
        CompileLimit::Time => "compiling takes too long",
        CompileLimit::Memory => "the program takes too much memory to compile",
        CompileLimit::Operations | CompileLimit::WasmBytes | CompileLimit::NativeWork => {
            "the program becomes too much code"
        }
        CompileLimit::FunctionOperations => "the function becomes too much code",
        CompileLimit::Crossings => "the function needs too many variables at the same time",
        CompileLimit::Locals => "the function needs too many variables",
        CompileLimit::Scalars => "the function takes or returns too many values at once",
        _ => "the program is too large",
    };
    let mut diagnostic = Diagnostic::refused(refused.exceeded, place(unit, refused), message);
    if let Some(name) = &refused.function {
        diagnostic = diagnostic.label(format!("in `{name}`"));
    }
    let diagnostic = diagnostic.help("split the function, or move data out of the source");
    let diagnostics = diagnostic.into();
    Error::Compile(Box::new(CompileError { diagnostics, sources: Sources::default(), cached: false }))
}

/// That time is over, for what is no unit.
pub(crate) fn too_late(exceeded: Exceeded, sources: Sources) -> Error {
    let diagnostic = Diagnostic::refused(exceeded, Span::new(FileId(0), 0, 0), "compiling takes too long");
    let diagnostics = diagnostic.help("split the program, or ask for one function").into();
    Error::Compile(Box::new(CompileError { diagnostics, sources, cached: false }))
}

/// Where the function is, as far as its statements say; for the library's, where the user's own begin.
fn place(unit: &Unit, refused: &Refused) -> Span {
    let own = || unit.functions.iter().filter(|function| !function.library);
    let named = own().filter(|function| refused.function.as_ref() == Some(&function.name));
    let spans = named.chain(own()).flat_map(|function| function.positions.first());
    spans.copied().next().unwrap_or(Span::new(FileId(0), 0, 0))
}

/// Gives an error the files that it points into, if it has none yet.
pub(crate) fn with_sources(error: Error, sources: &Sources) -> Error {
    match error {
        Error::Compile(mut error) if error.sources.iter().next().is_none() => {
            error.sources = sources.clone();
            Error::Compile(error)
        }
        other => other,
    }
}
