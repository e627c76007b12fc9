//! Docstring -> examples: finds `>>>` and `...` lines and the output that is expected after them, by the
//! rules of Python's `doctest`. Nothing is compiled here, and what an example means is not known.

use ovenbird_compiler::ast::{Module, Stmt, StmtKind};
use ovenbird_compiler::source::{SourceFile, Span};

/// First line of an expected exception.
const TRACEBACK: [&str; 2] = ["Traceback (most recent call last):", "Traceback (innermost last):"];

/// A docstring that has examples.
#[derive(Debug)]
pub(super) struct Docstring {
    /// What it documents: a function's name, or the module's.
    pub(super) name: String,
    /// Its examples, in order.
    pub(super) examples: Vec<Example>,
}

/// One example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Example {
    /// Line of the file, one-based; approximate in a docstring with escaped line breaks.
    pub(super) line: u32,
    /// The statements, without prompts.
    pub(super) source: String,
    /// Expected output; every line ends with a line break.
    pub(super) want: String,
    /// Expected exception: the text after the traceback's stack.
    pub(super) exception: Option<String>,
    /// Directives.
    pub(super) flags: Flags,
}

/// Directives of an example (`# doctest: +ELLIPSIS`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Flags {
    /// Runs of white space are equal.
    pub(super) normalize_whitespace: bool,
    /// `...` stands for any text.
    pub(super) ellipsis: bool,
    /// Only the exception's type counts.
    pub(super) ignore_exception_detail: bool,
    /// `<BLANKLINE>` means itself.
    pub(super) dont_accept_blankline: bool,
    /// Not run.
    pub(super) skip: bool,
    /// A directive that is not known.
    pub(super) unknown: bool,
}

/// The docstrings with examples of a module, its functions and its classes' methods.
pub(super) fn docstrings(module: &Module, file: &SourceFile) -> Vec<Docstring> {
    let mut found = Vec::new();
    let mut add = |name: &str, docstring: &Option<(String, Span)>| {
        if let Some((text, span)) = docstring {
            let examples = examples(text, file.line(span.start));
            if !examples.is_empty() {
                found.push(Docstring { name: name.to_owned(), examples });
            }
        }
    };
    add("<module>", &module.docstring);
    for Stmt { kind, .. } in &module.body {
        match kind {
            StmtKind::Function(function) => add(&function.name, &function.docstring),
            StmtKind::Class(class) => {
                for method in &class.methods {
                    add(&format!("{}.{}", class.name, method.name), &method.docstring);
                }
            }
            _ => {}
        }
    }
    found
}

/// The examples of a docstring whose first line is `first_line` of its file.
fn examples(text: &str, first_line: u32) -> Vec<Example> {
    let mut found = Vec::new();
    let mut lines = text.lines().zip(first_line..).peekable();
    while let Some((line, number)) = lines.next() {
        let indent = line.len() - line.trim_start_matches(' ').len();
        let Some(first) = prompt(line, ">>>") else { continue };
        let mut source = format!("{first}\n");
        while let Some(more) = lines.peek().and_then(|(line, _)| prompt(line, "...")) {
            source.push_str(more);
            source.push('\n');
            lines.next();
        }
        let mut want = String::new();
        while let Some((line, _)) = lines.peek() {
            if line.trim().is_empty() || prompt(line, ">>>").is_some() {
                break;
            }
            // Lines of the output that are indented less than the prompt keep what they have.
            let cut = line.bytes().take(indent).take_while(|byte| *byte == b' ').count();
            want.push_str(&line[cut..]);
            want.push('\n');
            lines.next();
        }
        let is_code =
            source.lines().any(|line| !matches!(line.trim_start().bytes().next(), None | Some(b'#')));
        if is_code {
            let (exception, flags) = (exception(&want), flags(&source));
            found.push(Example { line: number, source, want, exception, flags });
        }
    }
    found
}

/// What follows a prompt, if the line has it.
fn prompt<'a>(line: &'a str, prompt: &str) -> Option<&'a str> {
    let rest = line.trim_start_matches(' ').strip_prefix(prompt)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix(' ') }
}

/// The last lines of an expected traceback: from the first one that is not indented.
fn exception(want: &str) -> Option<String> {
    let mut lines = want.lines();
    if !TRACEBACK.contains(&lines.next()?.trim_end()) {
        return None;
    }
    let message: Vec<&str> =
        lines.skip_while(|line| !line.starts_with(|c: char| c.is_alphanumeric() || c == '_')).collect();
    Some(message.join("\n"))
}

fn flags(source: &str) -> Flags {
    let mut flags = Flags::default();
    for (_, directives) in source.lines().filter_map(|line| line.split_once("# doctest:")) {
        for directive in directives.split([',', ' ']).map(str::trim).filter(|word| !word.is_empty()) {
            let on = directive.starts_with('+');
            match directive.trim_start_matches(['+', '-']) {
                "NORMALIZE_WHITESPACE" => flags.normalize_whitespace = on,
                "ELLIPSIS" => flags.ellipsis = on,
                "IGNORE_EXCEPTION_DETAIL" => flags.ignore_exception_detail = on,
                "DONT_ACCEPT_BLANKLINE" => flags.dont_accept_blankline = on,
                "SKIP" => flags.skip = on,
                // How differences are shown is not up to the example.
                "REPORT_UDIFF" | "REPORT_CDIFF" | "REPORT_NDIFF" | "REPORT_ONLY_FIRST_FAILURE" => {}
                _ => flags.unknown = true,
            }
        }
    }
    flags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_end_at_blank_lines_and_prompts() {
        let text = "Prose.\n\n    >>> x = 1\n    >>> for i in range(2):\n    ...     print(i)\n    ...\n    0\n      1\n\n    2\n    >>>\n    >>> # no\n";
        let found = examples(text, 10);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].line, &*found[0].source, &*found[0].want), (12, "x = 1\n", ""));
        assert_eq!((found[1].line, &*found[1].want), (13, "0\n  1\n"));
        assert_eq!(found[1].source, "for i in range(2):\n    print(i)\n\n");
    }

    #[test]
    fn exceptions_and_directives() {
        let text = ">>> f()  # doctest: +ELLIPSIS, +SKIP\nTraceback (most recent call last):\n  File \"x\", line 1\n    ...\nValueError: a\nb\n";
        let found = examples(text, 1);
        assert_eq!(found[0].exception.as_deref(), Some("ValueError: a\nb"));
        assert!(found[0].flags.ellipsis && found[0].flags.skip && !found[0].flags.unknown);
        assert!(examples(">>> f() # doctest: +TYPO\n", 1)[0].flags.unknown);
    }
}
