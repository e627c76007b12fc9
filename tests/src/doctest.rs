//! Text of a module -> its doctest examples, by the rules of Python's `doctest`; and the comparison of
//! what an example gave with what it wants.
//!
//! Not supported: options such as `+ELLIPSIS` (the suites use none). A line `# tolerance: 1e-12 …` in the
//! file allows numbers to differ by that much, relatively.

use ovenbird_compiler::ast::{Stmt, StmtKind};
use ovenbird_compiler::parse::parse_module;
use ovenbird_compiler::source::FileId;

/// First line of a wanted exception.
const TRACEBACK: &str = "Traceback (most recent call last):";

/// One example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// Statements.
    pub source: String,
    /// What is to be seen; ends with a line break unless it is empty.
    pub want: String,
}

impl Example {
    /// The exception's last line, if one is wanted.
    pub fn exception(&self) -> Option<&str> {
        let mut lines = self.want.lines();
        if lines.next()?.trim_end() != TRACEBACK {
            return None;
        }
        // Stack lines are indented; the exception's line is not.
        lines.find(|line| line.starts_with(|c: char| c.is_alphanumeric()))
    }
}

/// The examples of every docstring in the file: a session for each docstring.
pub fn sessions(text: &str) -> Result<Vec<Vec<Example>>, String> {
    let module = parse_module(FileId::default(), text).map_err(|d| d.first().message.clone())?;
    let mut docstrings = Vec::new();
    docstrings.extend(module.docstring.map(|(text, _)| text));
    functions(&module.body, &mut docstrings);
    Ok(docstrings.iter().map(|text| examples(text)).filter(|session| !session.is_empty()).collect())
}

fn functions(body: &[Stmt], docstrings: &mut Vec<String>) {
    for stmt in body {
        if let StmtKind::Function(function) = &stmt.kind {
            docstrings.extend(function.docstring.iter().map(|(text, _)| text.clone()));
        }
    }
}

/// The relative tolerance that the file asks for; 0 without one.
pub fn tolerance(text: &str) -> f64 {
    let asked = text.lines().find_map(|line| line.strip_prefix("# tolerance: "));
    asked.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0.0)
}

/// The examples of one docstring.
pub fn examples(docstring: &str) -> Vec<Example> {
    let mut found = Vec::new();
    let mut lines = docstring.lines().peekable();
    while let Some(line) = lines.next() {
        let indent = line.len() - line.trim_start_matches(' ').len();
        let Some(first) = prompted(&line[indent..], ">>>") else { continue };
        let mut example = Example { source: format!("{first}\n"), want: String::new() };
        while let Some(more) = lines.peek().and_then(|next| prompted(next.trim_start_matches(' '), "...")) {
            example.source.push_str(more);
            example.source.push('\n');
            lines.next();
        }
        while let Some(next) = lines.peek() {
            if next.trim().is_empty() || next.trim_start_matches(' ').starts_with(">>>") {
                break;
            }
            example.want.push_str(next.get(indent..).unwrap_or("").trim_end_matches('\r'));
            example.want.push('\n');
            lines.next();
        }
        found.push(example);
    }
    found
}

/// What follows a prompt.
fn prompted<'a>(line: &'a str, prompt: &str) -> Option<&'a str> {
    let rest = line.strip_prefix(prompt)?;
    if rest.is_empty() { Some("") } else { rest.strip_prefix(' ') }
}

/// Whether an output is what an example wants.
pub fn matches(want: &str, got: &str, tolerance: f64) -> bool {
    let want: Vec<&str> = want.lines().map(|l| if l.trim_end() == "<BLANKLINE>" { "" } else { l }).collect();
    let got: Vec<&str> = got.lines().map(|l| if l.trim().is_empty() { "" } else { l }).collect();
    want == got
        || (tolerance > 0.0
            && want.len() == got.len()
            && want.iter().zip(&got).all(|(want, got)| close(want, got, tolerance)))
}

/// Whether two lines are equal but for numbers that nearly are.
fn close(want: &str, got: &str, tolerance: f64) -> bool {
    let (want, got) = (pieces(want), pieces(got));
    want.len() == got.len()
        && want.iter().zip(&got).all(|(want, got)| match (want.parse::<f64>(), got.parse::<f64>()) {
            (Ok(a), Ok(b)) => a == b || (a - b).abs() <= tolerance * a.abs().max(b.abs()),
            _ => want == got,
        })
}

/// A line cut into numbers and what is between them.
fn pieces(line: &str) -> Vec<&str> {
    let numeric = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+');
    let mut pieces = Vec::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c| numeric(c) != numeric(first)).unwrap_or(rest.len());
        pieces.push(&rest[..end]);
        rest = &rest[end..];
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_cut_as_python_does() {
        let text = "Title.\n\n>>> f(1)\n2\n>>> for i in x:\n...     print(i)\n...\n0\n\n  >>> g()\n  a\n  <BLANKLINE>\n";
        let found = examples(text);
        assert_eq!(found.len(), 3);
        assert_eq!(found[0], Example { source: "f(1)\n".into(), want: "2\n".into() });
        assert_eq!(found[1].source, "for i in x:\n    print(i)\n\n");
        assert_eq!(found[1].want, "0\n");
        assert_eq!(found[2].want, "a\n<BLANKLINE>\n");
    }

    #[test]
    fn numbers_may_differ_by_the_tolerance_only() {
        assert!(matches("(1.0, 'a')\n", "(1.0000000000001, 'a')\n", 1e-12));
        assert!(!matches("(1.0, 'a')\n", "(1.0000000000001, 'a')\n", 0.0));
        assert!(!matches("(1.0, 'a')\n", "(1.0, 'b')\n", 1e-12));
        assert!(matches("a\n<BLANKLINE>\nb\n", "a\n  \nb\n", 0.0));
    }

    #[test]
    fn exceptions_are_their_last_line() {
        let example =
            examples(">>> f()\nTraceback (most recent call last):\n    ...\nKeyError: 'x'\n").remove(0);
        assert_eq!(example.exception(), Some("KeyError: 'x'"));
        assert_eq!(examples(">>> f()\n1\n")[0].exception(), None);
    }
}
