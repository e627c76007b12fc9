//! Compile-time errors as plain data; `render` alone knows how they look in a terminal.
//!
//! Writing rules: the message is one lower-case phrase with Python constructs in backquotes; the
//! label says why at that place; the help says what to write instead, as code where possible.

use crate::budget::Exceeded;
use crate::source::Span;

/// Stable kebab-case identity of a diagnostic.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Code {
    /// The text is not Python.
    SyntaxError,
    /// Python that compiled functions do not support.
    UnsupportedSyntax,
    /// A name that is bound nowhere.
    UnknownName,
    /// A module or a name in a module that does not exist.
    UnknownImport,
    /// An attribute or method that the type does not have.
    UnknownAttribute,
    /// A column that the dataset does not have.
    UnknownColumn,
    /// Two types that do not go together.
    TypeMismatch,
    /// A type that cannot be found out.
    CannotInfer,
    /// A call with the wrong arguments.
    BadCall,
    /// A global whose value is not known at compile time.
    GlobalNotConstant,
    /// A dataset that cannot be read at compile time.
    BadDataset,
    /// A dataset that the program may not read.
    Denied,
    /// A compile-time budget is used up.
    TooLarge,
}

impl Code {
    /// Every code, in order.
    pub const ALL: [Code; 13] = [
        Code::SyntaxError,
        Code::UnsupportedSyntax,
        Code::UnknownName,
        Code::UnknownImport,
        Code::UnknownAttribute,
        Code::UnknownColumn,
        Code::TypeMismatch,
        Code::CannotInfer,
        Code::BadCall,
        Code::GlobalNotConstant,
        Code::BadDataset,
        Code::Denied,
        Code::TooLarge,
    ];

    /// The kebab-case spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Code::SyntaxError => "syntax-error",
            Code::UnsupportedSyntax => "unsupported-syntax",
            Code::UnknownName => "unknown-name",
            Code::UnknownImport => "unknown-import",
            Code::UnknownAttribute => "unknown-attribute",
            Code::UnknownColumn => "unknown-column",
            Code::TypeMismatch => "type-mismatch",
            Code::CannotInfer => "cannot-infer",
            Code::BadCall => "bad-call",
            Code::GlobalNotConstant => "global-not-constant",
            Code::BadDataset => "bad-dataset",
            Code::Denied => "denied",
            Code::TooLarge => "too-large",
        }
    }
}

/// A place in the source with a note on it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// Why here; may be empty.
    pub text: String,
}

/// One error, complete enough to be rendered by any front end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// What kind of error.
    pub code: Code,
    /// The one line that must be shown if only one can be.
    pub message: String,
    /// Where it happened.
    pub primary: Label,
    /// Further places.
    pub labels: Vec<Label>,
    /// What to write instead.
    pub help: Option<String>,
    /// The limit that was reached, if one was.
    pub limit: Option<Exceeded>,
}

impl Diagnostic {
    /// A diagnostic with an empty label at `span`.
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            primary: Label { span, text: String::new() },
            labels: Vec::new(),
            help: None,
            limit: None,
        }
    }

    /// A refusal: a compile limit was reached.
    pub fn refused(exceeded: Exceeded, span: Span, message: impl Into<String>) -> Self {
        Self { limit: Some(exceeded), ..Self::new(Code::TooLarge, span, message) }
    }

    /// Says why, at the primary place.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.primary.text = text.into();
        self
    }

    /// Adds a further place.
    #[must_use]
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Says what to write instead.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }
}

/// One or more diagnostics; never empty.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Most that one compilation reports.
    pub const MAX: usize = 20;

    /// `Err` with the collected diagnostics if there are any.
    pub fn check(list: Vec<Diagnostic>) -> Result<(), Diagnostics> {
        if list.is_empty() { Ok(()) } else { Err(Diagnostics(list.into_iter().take(Self::MAX).collect())) }
    }

    /// The diagnostics in source order of discovery.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.0.iter()
    }

    /// The first one.
    pub fn first(&self) -> &Diagnostic {
        &self.0[0]
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(one: Diagnostic) -> Self {
        Diagnostics(vec![one])
    }
}
