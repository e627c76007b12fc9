//! text -> refusal, or nothing: what must hold before a recursive parser may read a text.
//!
//! One pass over the bytes finds strings, f-strings, comments, words and brackets as Python's
//! tokeniser does. It refuses text that is too long, brackets or blocks that are too deep, chains
//! that would make a tree too tall, and, as Python's tokeniser also does, strings and brackets that
//! are left open. The last point matters for safety: after such an error the ruff parser reads
//! parts of strings as code again, so that depths found here would not hold.
//!
//! The height of a tree is bounded from above: in one bracket, between two commas, every operator
//! adds at most one level, and the brackets inside lie side by side. It does not check syntax.

use crate::budget::{Account, CompileLimit, Exceeded};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::source::{FileId, Span};

/// Bound on the estimated height of the ruff tree, which is dropped recursively. Twice the largest
/// [`CompileLimit::Chain`], since the estimate counts both `.` and `+` in `a.x + b.x`. What is below is
/// measured when the tree is converted.
const MAX_ESTIMATE: u32 = 2_000;
/// Levels that one bracket adds on its own: display, comprehension target, slice.
const BRACKET_HEIGHT: u32 = 3;

/// The diagnostic for nesting.
pub(super) fn too_deep(exceeded: Exceeded, span: Span) -> Diagnostic {
    Diagnostic::refused(exceeded, span, "the source is nested too deeply")
        .label(format!("more than {} levels", exceeded.allowed))
        .help("assign inner parts to names of their own, or move them to functions")
}

/// The diagnostic for tall trees.
pub(super) fn too_long_chain(exceeded: Exceeded, span: Span) -> Diagnostic {
    Diagnostic::refused(exceeded, span, "the expression is too long")
        .label(format!("more than {} chained operations", exceeded.allowed))
        .help("assign parts of the expression to names of their own, or use a loop")
}

/// Checks a text and charges it to the account; see the module.
pub(super) fn check(file: FileId, text: &str, account: &mut Account) -> Result<(), Diagnostics> {
    if let Err(exceeded) = account.charge_source(text.len()) {
        let message = format!("the source is longer than {} bytes", exceeded.allowed);
        return Err(Diagnostic::refused(exceeded, Span::new(file, 0, 0), message)
            .help("move data out of the source, and what is not needed out of the program")
            .into());
    }
    Scanner::new(file, text, account).run().map_err(|error| Diagnostics::from(*error))?;
    account.charge_memory(0).map_err(|exceeded| {
        let message = "the source takes too much memory to compile";
        let diagnostic = Diagnostic::refused(exceeded, Span::new(file, 0, 0), message);
        diagnostic.help("move data out of the source, and what is not needed out of the program").into()
    })
}

/// An open bracket or f-string, or the text outside of all of them.
struct Level {
    kind: Kind,
    start: usize,
    /// Operators since the last separator.
    links: u32,
    /// Tallest bracket since the last separator.
    inner: u32,
    /// Tallest element so far.
    best: u32,
    /// `lambda`s whose `:` is still to come; their commas separate nothing.
    lambdas: u32,
}

/// What a level is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Outside of all brackets.
    Root,
    /// `(`, `[` or `{`, by its closer.
    Bracket(u8),
    /// The text of an f-string or t-string.
    Text(Quote),
    /// The code of a replacement field.
    Field(Quote),
    /// The format spec of a replacement field.
    Spec(Quote),
}

/// How an interpolated string was opened.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Quote {
    byte: u8,
    triple: bool,
    raw: bool,
}

/// What a word in front of a quote means.
enum Prefix {
    Plain,
    Interpolated { raw: bool },
    Invalid,
}

type Step = Result<(), Box<Diagnostic>>;

struct Scanner<'a> {
    file: FileId,
    bytes: &'a [u8],
    at: usize,
    /// Never empty; the first is [`Kind::Root`].
    levels: Vec<Level>,
    /// `lambda`s of all levels whose `:` is still to come: nesting without a bracket.
    lambdas: usize,
    /// Widths of the open blocks.
    indents: Vec<usize>,
    /// First byte of the current line.
    line_start: usize,
    /// No code yet in the current logical line.
    fresh: bool,
    account: &'a mut Account,
}

impl<'a> Scanner<'a> {
    fn new(file: FileId, text: &'a str, account: &'a mut Account) -> Self {
        let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let mut scanner = Self {
            file,
            bytes: text.as_bytes(),
            at,
            levels: Vec::new(),
            lambdas: 0,
            indents: Vec::new(),
            line_start: at,
            fresh: true,
            account,
        };
        scanner.open(Kind::Root, 0);
        scanner
    }

    fn run(mut self) -> Step {
        while self.at < self.bytes.len() {
            match self.top().kind {
                Kind::Text(quote) => self.text(quote, false)?,
                Kind::Spec(quote) => self.text(quote, true)?,
                Kind::Root | Kind::Bracket(_) | Kind::Field(_) => self.code()?,
            }
        }
        self.end_element()?;
        match self.top() {
            Level { kind: Kind::Root, .. } => Ok(()),
            Level { kind: Kind::Bracket(_), start, .. } => {
                let (start, open) = (*start, self.bytes[*start] as char);
                self.syntax(start, start + 1, format!("`{open}` was never closed"))
            }
            Level { start, .. } => {
                let start = *start;
                self.syntax(start, start + 1, "unterminated f-string".into())
            }
        }
    }

    /// The byte at an offset from here; 0 past the end.
    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn top(&mut self) -> &mut Level {
        let last = self.levels.len() - 1;
        &mut self.levels[last]
    }

    fn open(&mut self, kind: Kind, start: usize) {
        self.levels.push(Level { kind, start, links: 0, inner: 0, best: 0, lambdas: 0 });
    }

    fn syntax(&self, start: usize, end: usize, message: String) -> Step {
        let span = Span::new(self.file, start as u32, end as u32);
        Err(Box::new(Diagnostic::new(Code::SyntaxError, span, message)))
    }

    /// Refuses more of a limit than the budget allows.
    fn within(
        &self,
        which: CompileLimit,
        used: usize,
        start: usize,
        make: fn(Exceeded, Span) -> Diagnostic,
    ) -> Step {
        let span = Span::new(self.file, start as u32, start as u32);
        self.account.budget.check(which, used as u64).map_err(|exceeded| Box::new(make(exceeded, span)))
    }

    /// Refuses trees that could not be dropped.
    fn estimated(&self, height: u32, start: usize) -> Step {
        if height <= MAX_ESTIMATE {
            return Ok(());
        }
        self.within(CompileLimit::Chain, height as usize, start, too_long_chain)
    }

    /// Counts a token, which begins here.
    fn token(&mut self) -> Step {
        self.account.charge_token().map_err(|exceeded| {
            let span = Span::new(self.file, self.at as u32, self.at as u32);
            let message = format!("the source has more than {} tokens", exceeded.allowed);
            let diagnostic = Diagnostic::refused(exceeded, span, message);
            Box::new(
                diagnostic.help("move data out of the source, and what is not needed out of the program"),
            )
        })
    }

    /// One token of code.
    fn code(&mut self) -> Step {
        let byte = self.peek(0);
        if self.fresh && !matches!(byte, b' ' | b'\t' | b'\x0c' | b'\n' | b'\r' | b'#') {
            self.fresh = false;
            self.indent()?;
        }
        if !matches!(byte, b' ' | b'\t' | b'\x0c' | b'\n' | b'\r' | b'#' | b'\\') {
            self.token()?;
        }
        match byte {
            b'\n' | b'\r' => self.line_break()?,
            b'#' => self.skip_comment(),
            b'\\' => self.skip_escape(),
            b'"' | b'\'' => self.plain_string(self.at)?,
            b'(' => self.bracket(b')')?,
            b'[' => self.bracket(b']')?,
            b'{' => self.bracket(b'}')?,
            b')' | b']' | b'}' => self.close(byte)?,
            b',' => self.comma()?,
            b';' => {
                self.end_element()?;
                self.at += 1;
            }
            b':' => self.colon()?,
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | 0x80.. => self.word()?,
            b'+' | b'-' | b'*' | b'/' | b'%' | b'@' | b'&' | b'|' | b'^' | b'~' | b'<' | b'>' | b'!'
            | b'.' => {
                self.operator(byte)?;
            }
            b'=' if self.peek(1) == b'=' => {
                self.link()?;
                self.at += 2;
            }
            _ => self.at += 1,
        }
        Ok(())
    }

    /// Counts one level of the tree.
    fn link(&mut self) -> Step {
        let start = self.at;
        let top = self.top();
        top.links += 1;
        let height = top.links + top.inner;
        self.estimated(height, start)
    }

    fn operator(&mut self, byte: u8) -> Step {
        self.link()?;
        let doubled = matches!(byte, b'*' | b'/' | b'<' | b'>') && self.peek(1) == byte;
        self.at += if doubled { 2 } else { 1 };
        Ok(())
    }

    /// Ends what a comma or line break separates.
    fn end_element(&mut self) -> Step {
        let start = self.at;
        let top = self.top();
        let height = top.links.saturating_add(top.inner);
        top.best = top.best.max(height);
        (top.links, top.inner) = (0, 0);
        self.estimated(height, start)
    }

    fn comma(&mut self) -> Step {
        if self.top().lambdas == 0 {
            self.end_element()?;
        }
        self.at += 1;
        Ok(())
    }

    fn colon(&mut self) -> Step {
        let top = self.top();
        if let Kind::Field(quote) = top.kind {
            top.kind = Kind::Spec(quote);
        } else if top.lambdas > 0 {
            top.lambdas -= 1;
            self.lambdas -= 1;
        } else if self.peek(1) == b'=' {
            self.link()?;
            self.at += 1;
        }
        self.at += 1;
        Ok(())
    }

    fn line_break(&mut self) -> Step {
        self.at += if self.peek(0) == b'\r' && self.peek(1) == b'\n' { 2 } else { 1 };
        self.line_start = self.at;
        if self.levels.len() == 1 {
            self.end_element()?;
            self.top().lambdas = 0;
            self.lambdas = 0;
            self.fresh = true;
        }
        Ok(())
    }

    /// The first code of a logical line: tracks the open blocks.
    fn indent(&mut self) -> Step {
        let width = self.at - self.line_start;
        while self.indents.last().is_some_and(|open| *open >= width) {
            self.indents.pop();
        }
        if width > 0 {
            self.indents.push(width);
        }
        self.within(CompileLimit::Nesting, self.indents.len(), self.at, too_deep)
    }

    fn bracket(&mut self, closer: u8) -> Step {
        self.link()?;
        self.enter(Kind::Bracket(closer), self.at)?;
        self.at += 1;
        Ok(())
    }

    fn enter(&mut self, kind: Kind, start: usize) -> Step {
        // The root is a level as well.
        self.within(CompileLimit::Nesting, self.levels.len() + self.lambdas, start, too_deep)?;
        self.open(kind, start);
        Ok(())
    }

    fn close(&mut self, closer: u8) -> Step {
        let (kind, start) = (self.top().kind, self.top().start);
        match kind {
            Kind::Bracket(expected) if expected == closer => {}
            Kind::Field(_) if closer == b'}' => {}
            Kind::Bracket(_) => {
                let (open, close) = (self.bytes[start] as char, closer as char);
                let span = Span::new(self.file, self.at as u32, self.at as u32 + 1);
                let message = format!("closing `{close}` does not match opening `{open}`");
                let start = Span::new(self.file, start as u32, start as u32 + 1);
                return Err(Box::new(
                    Diagnostic::new(Code::SyntaxError, span, message).also(start, "opened here"),
                ));
            }
            _ => {
                let message = format!("unmatched `{}`", closer as char);
                return self.syntax(self.at, self.at + 1, message);
            }
        }
        self.at += 1;
        self.leave()
    }

    /// Leaves a level, whose height counts in the level around it.
    fn leave(&mut self) -> Step {
        self.end_element()?;
        if let Some(done) = self.levels.pop() {
            self.lambdas -= done.lambdas as usize;
            let top = self.top();
            top.inner = top.inner.max(done.best + BRACKET_HEIGHT);
        }
        Ok(())
    }

    fn skip_comment(&mut self) {
        while self.at < self.bytes.len() && !matches!(self.peek(0), b'\n' | b'\r') {
            self.at += 1;
        }
    }

    /// A backslash and what it escapes.
    fn skip_escape(&mut self) {
        self.at += match (self.peek(1), self.peek(2)) {
            (b'\r', b'\n') => 3,
            (b'\n' | b'\r', _) => 2,
            // In code, a backslash before anything else is an error that the parser reports.
            _ => 1,
        };
    }

    /// A name, number or keyword, perhaps with a string behind it.
    fn word(&mut self) -> Step {
        let start = self.at;
        while self.peek(0).is_ascii_alphanumeric() || self.peek(0) == b'_' || self.peek(0) >= 0x80 {
            self.at += 1;
        }
        let bytes = self.bytes;
        let word = &bytes[start..self.at];
        if matches!(
            word,
            b"not"
                | b"lambda"
                | b"if"
                | b"else"
                | b"await"
                | b"yield"
                | b"and"
                | b"or"
                | b"in"
                | b"is"
                | b"async"
        ) {
            self.link()?;
        }
        if word == b"lambda" {
            self.lambda(start)?;
        }
        if !matches!(self.peek(0), b'"' | b'\'') {
            return Ok(());
        }
        match prefix(word) {
            Prefix::Plain => self.plain_string(start),
            Prefix::Interpolated { raw } => {
                let byte = self.peek(0);
                let triple = self.peek(1) == byte && self.peek(2) == byte;
                self.enter(Kind::Text(Quote { byte, triple, raw }), start)?;
                self.at += if triple { 3 } else { 1 };
                Ok(())
            }
            Prefix::Invalid => self.syntax(start, self.at, "expected an operator before the string".into()),
        }
    }

    /// A `lambda`. The ruff parser does not guard its stack in the defaults of its parameters, so
    /// those count as nesting.
    fn lambda(&mut self, start: usize) -> Step {
        self.top().lambdas += 1;
        self.lambdas += 1;
        self.within(CompileLimit::Nesting, self.levels.len() + self.lambdas, start, too_deep)
    }

    /// A string without replacement fields; `start` is where its prefix begins.
    fn plain_string(&mut self, start: usize) -> Step {
        let quote = self.peek(0);
        let triple = self.peek(1) == quote && self.peek(2) == quote;
        self.at += if triple { 3 } else { 1 };
        while self.at < self.bytes.len() {
            match self.peek(0) {
                b'\\' => self.skip_string_escape(),
                b'\n' | b'\r' if !triple => break,
                byte if byte == quote && !triple => {
                    self.at += 1;
                    return Ok(());
                }
                byte if byte == quote && self.peek(1) == quote && self.peek(2) == quote => {
                    self.at += 3;
                    return Ok(());
                }
                _ => self.at += 1,
            }
        }
        let what = if triple { "unterminated triple-quoted string" } else { "unterminated string" };
        self.syntax(start, if triple { start + 1 } else { self.at }, what.into())
    }

    /// A backslash in a string with the byte that it protects, or with a whole line break.
    fn skip_string_escape(&mut self) {
        let length = if self.peek(1) == b'\r' && self.peek(2) == b'\n' { 3 } else { 2 };
        self.at = (self.at + length).min(self.bytes.len());
    }

    /// The text of an interpolated string or of a format spec, up to what ends it or a field.
    fn text(&mut self, quote: Quote, in_spec: bool) -> Step {
        // Inside `\N{...}`, whose closing brace is text.
        let mut named = false;
        while self.at < self.bytes.len() {
            match self.peek(0) {
                b'\\' if matches!(self.peek(1), b'{' | b'}') => self.at += 1,
                b'\\' if !quote.raw && self.peek(1) == b'N' && self.peek(2) == b'{' => {
                    named = true;
                    self.at += 3;
                }
                b'\\' => self.skip_string_escape(),
                b'\n' | b'\r' if !quote.triple => {
                    let start = self.top().start;
                    return self.syntax(start, self.at, "unterminated f-string".into());
                }
                byte if byte == quote.byte && self.at_end_quote(quote) => {
                    return self.end_text(quote, in_spec);
                }
                b'{' if self.peek(1) == b'{' && !in_spec => self.at += 2,
                b'{' => {
                    self.enter(Kind::Field(quote), self.at)?;
                    self.at += 1;
                    return Ok(());
                }
                b'}' if named => {
                    named = false;
                    self.at += 1;
                }
                b'}' if self.peek(1) == b'}' && !in_spec => self.at += 2,
                b'}' if in_spec => {
                    self.at += 1;
                    return self.leave();
                }
                b'}' => {
                    return self.syntax(self.at, self.at + 1, "f-string: single `}` is not allowed".into());
                }
                _ => self.at += 1,
            }
        }
        Ok(())
    }

    fn at_end_quote(&self, quote: Quote) -> bool {
        !quote.triple || (self.peek(1) == quote.byte && self.peek(2) == quote.byte)
    }

    fn end_text(&mut self, quote: Quote, in_spec: bool) -> Step {
        if in_spec {
            return self.syntax(self.at, self.at + 1, "f-string: expecting `}`".into());
        }
        self.at += if quote.triple { 3 } else { 1 };
        self.leave()
    }
}

/// Classifies the word in front of a quote. A string right behind a name or number is never valid,
/// and refusing it here spares this scanner from splitting `1f"{x}"` as the tokeniser would.
fn prefix(word: &[u8]) -> Prefix {
    const KEYWORDS: [&[u8]; 20] = [
        b"and", b"as", b"assert", b"await", b"case", b"del", b"elif", b"else", b"except", b"from", b"if",
        b"in", b"is", b"match", b"not", b"or", b"raise", b"return", b"while", b"yield",
    ];
    let lower = word.to_ascii_lowercase();
    match lower.as_slice() {
        b"r" | b"u" | b"b" | b"br" | b"rb" => Prefix::Plain,
        b"f" | b"t" => Prefix::Interpolated { raw: false },
        b"fr" | b"rf" | b"tr" | b"rt" => Prefix::Interpolated { raw: true },
        _ if KEYWORDS.contains(&word) => Prefix::Plain,
        _ => Prefix::Invalid,
    }
}
