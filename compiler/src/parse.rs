//! text -> Ast; the only place that names the ruff parser.
//!
//! Three steps: `scan` refuses text that no recursive reader should see (too long, too deep, strings
//! or brackets left open), the ruff parser reads the rest, and `stmt`/`expr` copy its tree into
//! ours, reporting every construct that compiled functions do not support. Names and types are not
//! looked at here.

mod expr;
mod scan;
mod stmt;
#[cfg(test)]
mod tests;
mod unsupported;

use ruff_python_ast as py;
use ruff_python_parser::{Mode, ParseError, ParseOptions, parse_unchecked};
use ruff_text_size::TextRange;

use crate::ast::{Expr, ExprKind, Module};
use crate::budget::{Account, CompileBudget, CompileLimit, Exceeded};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::source::{FileId, Span};
use unsupported::Unsupported;

/// Parses a whole file by itself, within the default budget.
pub fn parse_module(file: FileId, text: &str) -> Result<Module, Diagnostics> {
    parse_within(file, text, &mut Account::default())
}

/// Parses a whole file, which is charged to its program's account.
pub fn parse_within(file: FileId, text: &str, account: &mut Account) -> Result<Module, Diagnostics> {
    scan::check(file, text, account)?;
    convert(file, text, &account.budget)
}

/// Parses a file of the library, which is not looked at for what would be too much for the parser.
pub(crate) fn parse_trusted(file: FileId, text: &str) -> Result<Module, Diagnostics> {
    convert(file, text, &CompileBudget::default())
}

fn convert(file: FileId, text: &str, budget: &CompileBudget) -> Result<Module, Diagnostics> {
    let mut converter = Converter::new(file, text, budget);
    match read(file, text, Mode::Module)? {
        py::Mod::Module(module) => {
            let (docstring, rest) = converter.split_docstring(&module.body);
            let body = converter.block(rest);
            Diagnostics::check(converter.errors)?;
            Ok(Module { file, docstring, body })
        }
        // The mode decides the shape of the result, so this is never taken.
        py::Mod::Expression(_) => Ok(Module { file, docstring: None, body: Vec::new() }),
    }
}

/// Parses one expression, such as a type annotation or an argument on the command line.
pub fn parse_expression(file: FileId, text: &str) -> Result<Expr, Diagnostics> {
    let mut account = Account::default();
    scan::check(file, text, &mut account)?;
    let mut converter = Converter::new(file, text, &account.budget);
    match read(file, text, Mode::Expression)? {
        py::Mod::Expression(expression) => {
            let expr = converter.expr(&expression.body);
            Diagnostics::check(converter.errors)?;
            Ok(expr)
        }
        // The mode decides the shape of the result, so this is never taken.
        py::Mod::Module(module) => Ok(converter.placeholder(module.range)),
    }
}

/// Parses what was scanned; a tree comes back only if there was no syntax error.
fn read(file: FileId, text: &str, mode: Mode) -> Result<py::Mod, Diagnostics> {
    let parsed = parse_unchecked(text, ParseOptions::from(mode));
    let errors = parsed.errors().iter().take(Diagnostics::MAX).map(|e| syntax_error(file, text, e)).collect();
    Diagnostics::check(errors)?;
    Ok(parsed.into_syntax())
}

/// Turns an error of the ruff parser into ours.
fn syntax_error(file: FileId, text: &str, error: &ParseError) -> Diagnostic {
    let message = error.error.to_string();
    let mut chars = message.chars();
    let message: String = match chars.next() {
        // `IPython` and the like keep their capitals.
        Some(first) if !chars.as_str().starts_with(char::is_uppercase) => {
            first.to_lowercase().chain(chars).collect()
        }
        _ => message,
    };
    let mut span = span_of(file, error.location);
    // An error at a line break would point at the start of the next line.
    if text.get(span.start as usize..span.end as usize).is_some_and(|t| t == "\n" || t == "\r\n" || t == "\r")
    {
        span.end = span.start;
    }
    Diagnostic::new(Code::SyntaxError, span, message)
}

/// A range of the ruff tree as a span.
fn span_of(file: FileId, range: TextRange) -> Span {
    Span::new(file, range.start().to_u32(), range.end().to_u32())
}

/// State of one conversion from the ruff tree to ours.
struct Converter<'a> {
    file: FileId,
    text: &'a str,
    errors: Vec<Diagnostic>,
    /// Frames of this converter that are on the stack.
    depth: usize,
    /// Distance from the root of our tree; above `depth` inside chains, which need no frames.
    height: usize,
    /// Inside a `def`: `return` is allowed.
    in_function: bool,
    /// Inside a loop of the current function: `break` and `continue` are allowed.
    in_loop: bool,
    budget: &'a CompileBudget,
    /// A limit was hit: the rest is skipped, since one such error is enough.
    refused: bool,
}

impl<'a> Converter<'a> {
    fn new(file: FileId, text: &'a str, budget: &'a CompileBudget) -> Self {
        Self {
            file,
            text,
            budget,
            errors: Vec::new(),
            depth: 0,
            height: 0,
            in_function: false,
            in_loop: false,
            refused: false,
        }
    }

    fn span(&self, range: TextRange) -> Span {
        span_of(self.file, range)
    }

    /// Records an error; errors beyond the reported number are dropped.
    fn error(&mut self, diagnostic: Diagnostic) {
        if self.errors.len() < Diagnostics::MAX {
            self.errors.push(diagnostic);
        }
    }

    fn unsupported(&mut self, range: TextRange, what: &Unsupported) {
        let span = self.span(range);
        self.error(what.at(span));
    }

    /// Goes one level down if the limits allow it. Every `true` must be paired with [`Self::leave`].
    fn enter(&mut self, range: TextRange) -> bool {
        if self.refused {
            return false;
        }
        let (depth, height) = (self.depth as u64 + 1, self.height as u64 + 1);
        if let Err(exceeded) = self.budget.check(CompileLimit::Nesting, depth) {
            self.refuse(range, exceeded, scan::too_deep);
            return false;
        }
        if let Err(exceeded) = self.budget.check(CompileLimit::Chain, height) {
            self.refuse(range, exceeded, scan::too_long_chain);
            return false;
        }
        self.depth += 1;
        self.height += 1;
        true
    }

    fn leave(&mut self) {
        self.depth -= 1;
        self.height -= 1;
    }

    /// Reports a limit, even if the list of errors is full.
    fn refuse(&mut self, range: TextRange, exceeded: Exceeded, make: fn(Exceeded, Span) -> Diagnostic) {
        self.refused = true;
        let start = range.start().to_u32();
        let diagnostic = make(exceeded, Span::new(self.file, start, start));
        self.error(diagnostic);
    }

    /// What stands for an expression that was reported.
    fn placeholder(&self, range: TextRange) -> Expr {
        Expr { kind: ExprKind::None, span: self.span(range) }
    }
}
