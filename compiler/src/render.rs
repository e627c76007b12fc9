//! Diagnostics + Sources -> text for a terminal, or data for tools; the only user of
//! annotate-snippets.
//!
//! Source text, names and messages may come from guests: characters that a terminal acts on are
//! replaced before anything is shown. Marked text is cut to its first line.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde::Serialize;

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::source::{FileId, SourceFile, Sources, Span};

/// Longest line of source that is shown; of longer ones, a window around the marked text.
const MAX_SHOWN_LINE: usize = 2000;

/// Renders diagnostics for people, each followed by an empty line but the last.
pub fn render(diagnostics: &Diagnostics, sources: &Sources, color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let mut output = String::new();
    for diagnostic in diagnostics.iter() {
        if !output.is_empty() {
            output.push('\n');
        }
        output.push_str(&renderer.render(&[group(diagnostic, sources)]));
        output.push('\n');
    }
    output
}

/// A diagnostic as data, for editors and other tools. Lines and columns count from one, columns in
/// characters; the end is one past the last character.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct JsonDiagnostic {
    /// The kebab-case code.
    pub code: &'static str,
    /// The one-line message.
    pub message: String,
    /// Name of the file.
    pub file: String,
    /// First line.
    pub line: u32,
    /// First column.
    pub column: u32,
    /// Last line.
    pub end_line: u32,
    /// One past the last column.
    pub end_column: u32,
    /// Why, at that place; may be empty.
    pub label: String,
    /// What to write instead.
    pub help: Option<String>,
    /// The limit that was reached, what would have been used, and what is allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<(&'static str, u64, u64)>,
    /// Further places.
    pub related: Vec<JsonLabel>,
}

/// A further place of a [`JsonDiagnostic`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct JsonLabel {
    /// Name of the file.
    pub file: String,
    /// First line.
    pub line: u32,
    /// First column.
    pub column: u32,
    /// Last line.
    pub end_line: u32,
    /// One past the last column.
    pub end_column: u32,
    /// Why there; may be empty.
    pub label: String,
}

/// Diagnostics as data. Texts are left as they are: whoever shows them must escape them.
pub fn to_json(diagnostics: &Diagnostics, sources: &Sources) -> Vec<JsonDiagnostic> {
    let one = |diagnostic: &Diagnostic| {
        let JsonLabel { file, line, column, end_line, end_column, label } =
            json_label(&diagnostic.primary, sources);
        JsonDiagnostic {
            code: diagnostic.code.as_str(),
            message: diagnostic.message.clone(),
            file,
            line,
            column,
            end_line,
            end_column,
            label,
            help: diagnostic.help.clone(),
            limit: diagnostic.limit.map(|limit| (limit.which.name(), limit.used, limit.allowed)),
            related: diagnostic.labels.iter().map(|label| json_label(label, sources)).collect(),
        }
    };
    diagnostics.iter().map(one).collect()
}

fn json_label(label: &Label, sources: &Sources) -> JsonLabel {
    let file = sources.file(label.span.file);
    let range = clamp(&file.text, label.span);
    let (line, column) = file.line_column(range.start as u32);
    let (end_line, end_column) = file.line_column(range.end as u32);
    JsonLabel { file: file.name.clone(), line, column, end_line, end_column, label: label.text.clone() }
}

/// A diagnostic in the shape that annotate-snippets draws.
fn group<'a>(diagnostic: &Diagnostic, sources: &Sources) -> Group<'a> {
    let title = Level::ERROR.primary_title(one_line(&diagnostic.message)).id(diagnostic.code.as_str());
    let mut group = Group::with_title(title);
    // The primary file first, then the others in the order in which they are mentioned.
    let mut files = vec![diagnostic.primary.span.file];
    for label in &diagnostic.labels {
        if !files.contains(&label.span.file) {
            files.push(label.span.file);
        }
    }
    for file in files {
        group = group.element(snippet(diagnostic, sources.file(file), file));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(sanitise(help)));
    }
    if let Some(limit) = &diagnostic.limit {
        group = group.element(Level::NOTE.message(limit.to_string()));
    }
    group
}

/// The lines of one file that a diagnostic marks.
fn snippet<'a>(
    diagnostic: &Diagnostic,
    file: &SourceFile,
    id: FileId,
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let text = &*file.text;
    let marks: Vec<_> = std::iter::once((&diagnostic.primary, AnnotationKind::Primary))
        .chain(diagnostic.labels.iter().map(|label| (label, AnnotationKind::Context)))
        .filter(|(label, _)| label.span.file == id)
        .map(|(label, kind)| (first_line(text, clamp(text, label.span)), label, kind))
        .collect();
    let window = window(text, marks.iter().map(|(range, ..)| range));
    let mut snippet = Snippet::source(sanitise(&text[window.clone()]))
        .path(one_line(&file.name))
        .line_start(file.line(window.start as u32) as usize);
    for (range, label, kind) in marks {
        let start = range.start.saturating_sub(window.start).min(window.len());
        let end = range.end.saturating_sub(window.start).min(window.len());
        let note = (!label.text.is_empty()).then(|| one_line(&label.text));
        snippet = snippet.annotation(kind.span(start..end).label(note));
    }
    snippet
}

/// The whole lines that hold the marks. Of a huge line only a part is taken, since drawing it takes
/// time and nobody reads it.
fn window<'r>(text: &str, marks: impl Iterator<Item = &'r Range<usize>> + Clone) -> Range<usize> {
    let first = marks.clone().map(|range| range.start).min().unwrap_or(0);
    let last = marks.map(|range| range.end).max().unwrap_or(0);
    let start = text[..first].rfind('\n').map_or(0, |at| at + 1);
    let end = text[last..].find('\n').map_or(text.len(), |at| last + at);
    let end = if text[..end].ends_with('\r') { (end - 1).max(last) } else { end };
    if text[start..end].lines().all(|line| line.len() <= MAX_SHOWN_LINE) {
        return start..end;
    }
    let start = start.max(text.floor_char_boundary(first.saturating_sub(MAX_SHOWN_LINE / 2)));
    let end = end.min(text.ceil_char_boundary((first + MAX_SHOWN_LINE / 2).min(text.len())));
    start..end
}

/// A span as a valid range of the text, whatever it was. The end of the file is shown behind its
/// last visible character, not on the empty line after that.
fn clamp(text: &str, span: Span) -> Range<usize> {
    if span.start as usize >= text.len() {
        let end = text.trim_end().len();
        return end..end;
    }
    let start = text.floor_char_boundary((span.start as usize).min(text.len()));
    let end = text.ceil_char_boundary((span.end as usize).min(text.len()));
    start..end.max(start)
}

/// The part of a range that lies on its first line, without the line break.
fn first_line(text: &str, range: Range<usize>) -> Range<usize> {
    let line = text[range.clone()].split(['\n', '\r']).next().unwrap_or("");
    range.start..range.start + line.trim_end().len()
}

/// Replaces characters that a terminal would act on by others of the same length in UTF-8, so that
/// spans stay valid: control characters, and those that change the direction of text or its lines.
fn sanitise(text: &str) -> String {
    let text = text.replace("\r\n", " \n");
    text.chars()
        .map(|c| match c {
            '\n' | '\t' => c,
            '\r' | '\x0c' => ' ',
            '\0'..='\x1f' | '\x7f' => '?',
            '\u{80}'..='\u{9f}' => '\u{b7}',
            '\u{61c}' => '\u{b7}',
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => {
                '\u{fffd}'
            }
            _ => c,
        })
        .collect()
}

/// The same for text that must stay on one line.
fn one_line(text: &str) -> String {
    sanitise(text).replace(['\n', '\t'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Code;

    fn sources(texts: &[&str]) -> Sources {
        let mut sources = Sources::default();
        for (i, text) in texts.iter().enumerate() {
            sources.add(SourceFile::new(format!("f{i}.py"), *text, false));
        }
        sources
    }

    fn at(start: u32, end: u32) -> Span {
        Span::new(FileId(0), start, end)
    }

    fn error(span: Span) -> Diagnostic {
        Diagnostic::new(Code::TypeMismatch, span, "cannot add `int` and `str`").label("this is a `str`")
    }

    fn show(diagnostic: Diagnostic, texts: &[&str]) -> String {
        render(&diagnostic.into(), &sources(texts), false)
    }

    #[test]
    fn a_complete_diagnostic() {
        let text = "def f(a):\n    b = 'x'\n    c = 1\n    return a + b\n";
        let diagnostic = error(at(47, 48))
            .also(at(14, 21), "assigned here")
            .also(Span::new(FileId(1), 4, 5), "and declared here")
            .help("write `str(a) + b`");
        assert_eq!(
            show(diagnostic, &[text, "x = y\n"]),
            "\
error[type-mismatch]: cannot add `int` and `str`
 --> f0.py:4:16
  |
2 |     b = 'x'
  |     ------- assigned here
3 |     c = 1
4 |     return a + b
  |                ^ this is a `str`
  |
 ::: f1.py:1:5
  |
1 | x = y
  |     - and declared here
  |
  = help: write `str(a) + b`
"
        );
    }

    #[test]
    fn odd_places() {
        // At the end of the file, in an empty file, past the end, at a line break, over several lines.
        assert!(show(error(at(6, 6)), &["x = 1\n"]).contains("f0.py:1:6"));
        assert!(show(error(at(0, 0)), &[""]).contains("f0.py:1:1"));
        assert!(show(error(at(90, 99)), &["x = 1"]).contains("1 | x = 1\n  |      ^"));
        assert!(show(error(at(5, 6)), &["x = 1\ny"]).contains("1 | x = 1\n  |      ^"));
        assert!(show(error(at(0, 7)), &["x = 1\ny"]).contains("1 | x = 1\n  | ^^^^^"));
        // Windows line breaks, tabs, wide characters, and a span inside a character.
        assert!(show(error(at(7, 8)), &["x = 1\r\ny = 2\r\n"]).contains("2 | y = 2\n  | ^"));
        assert!(show(error(at(1, 2)), &["\ty"]).contains("1 |     y\n  |     ^"));
        assert!(show(error(at(6, 7)), &["'語' y"]).contains("1 | '語' y\n  |      ^"));
        assert!(show(error(at(2, 3)), &["'語' y"]).contains("^^"));
        // No label, no help.
        assert!(show(Diagnostic::new(Code::BadCall, at(0, 1), "m"), &["x"]).ends_with("  | ^\n"));
    }

    #[test]
    fn two_diagnostics_are_separated() {
        let all = Diagnostics::check(vec![error(at(0, 1)), error(at(0, 1))]).unwrap_err();
        let text = render(&all, &sources(&["x"]), false);
        assert_eq!(text.matches("\n\nerror[").count(), 1);
        assert!(render(&all, &sources(&["x"]), true).contains("\u{1b}["));
    }

    #[test]
    fn terminal_escapes_are_removed() {
        let bad = "\u{1b}]0;t\u{7}\u{9b}31m\u{202e}\r\u{8}";
        let text = format!("x = '{bad}' + y");
        let span = at(text.len() as u32 - 1, text.len() as u32);
        let diagnostic = Diagnostic::new(Code::BadCall, span, bad).label(bad).also(span, bad).help(bad);
        let mut sources = Sources::default();
        sources.add(SourceFile::new(bad, text, false));
        let shown = render(&diagnostic.into(), &sources, false);
        assert!(shown.chars().all(|c| c == '\n' || !c.is_control()), "{shown:?}");
        assert!(!shown.contains('\u{202e}'));
        assert!(shown.contains("+ y\n"));
    }

    #[test]
    fn huge_lines_are_cut() {
        let text = format!("x = [{}]", "1, ".repeat(300_000));
        for start in [0, 450_000, text.len() as u32] {
            let shown = show(error(at(start, start + 1)), &[&text]);
            assert!(shown.len() < 4 * MAX_SHOWN_LINE, "{}", shown.len());
            assert!(shown.contains("this is a `str`"));
        }
    }

    #[test]
    fn data() {
        let all = Diagnostics::from(error(at(8, 9)).also(at(0, 1), "there").help("h"));
        let data = to_json(&all, &sources(&["x = 1\né + z"]));
        let one = &data[0];
        assert_eq!((one.code, one.file.as_str(), one.help.as_deref()), ("type-mismatch", "f0.py", Some("h")));
        assert_eq!((one.line, one.column, one.end_line, one.end_column), (2, 2, 2, 3));
        assert_eq!((one.related[0].line, one.related[0].label.as_str()), (1, "there"));
    }
}
