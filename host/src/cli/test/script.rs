//! Examples of one docstring -> one script, and the script's output -> the output of each example.
//!
//! Before each example a line with a marker is printed. Examples stand on the lines that they have in
//! their file wherever there is room for the marker before them, so that messages name the right line.

use super::example::Example;

/// Printed before each example. Python code could print it too, and would only confuse its own tests.
const MARKER: &str = "\u{1}ovenbird-doctest\u{1}";

/// Keywords that cannot follow a semicolon.
const COMPOUND: [&str; 10] =
    ["if ", "for ", "while ", "def ", "class ", "with ", "try:", "@", "async ", "match "];

/// The text of a script.
pub(super) struct Script {
    pub(super) text: String,
}

impl Script {
    pub(super) fn new(examples: &[&Example]) -> Script {
        let mut text = String::new();
        let mut at = 1; // the line that comes next
        for example in examples {
            let marker = format!("print(\"{}\")", MARKER.replace('\u{1}', "\\x01"));
            while at + 1 < example.line {
                text.push('\n');
                at += 1;
            }
            let one_line = example.source.trim_end().lines().count() == 1;
            let joined = at == example.line
                && one_line
                && !COMPOUND.iter().any(|word| example.source.starts_with(word));
            text.push_str(&marker);
            if joined {
                text.push_str("; ");
            } else {
                text.push('\n');
                at += 1;
            }
            text.push_str(&example.source);
            at += example.source.lines().count() as u32;
        }
        Script { text }
    }
}

/// The output of each example that was begun.
pub(super) fn split(output: &str) -> Vec<String> {
    // What the module itself printed comes before the first marker.
    output.split(&format!("{MARKER}\n")).skip(1).map(str::to_owned).collect()
}

/// True if an example can leave something behind that later ones can see. Functions do not see module
/// variables that change, so an expression cannot, unless it calls a method of a variable; and that
/// needs a variable, which an earlier example must have bound.
pub(super) fn binds(example: &Example) -> bool {
    let file = ovenbird_compiler::source::FileId(0);
    let is_expression = |kind: &ovenbird_compiler::ast::StmtKind| {
        matches!(
            kind,
            ovenbird_compiler::ast::StmtKind::Expr(_) | ovenbird_compiler::ast::StmtKind::Assert { .. }
        )
    };
    match ovenbird_compiler::parse::parse_module(file, &example.source) {
        Ok(module) => !module.body.iter().all(|stmt| is_expression(&stmt.kind)),
        Err(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(line: u32, source: &str) -> Example {
        let (want, exception) = (String::new(), None);
        Example { line, source: source.to_owned(), want, exception, flags: Default::default() }
    }

    #[test]
    fn examples_keep_their_lines_where_there_is_room() {
        let examples = [example(3, "x = 1\n"), example(4, "f(x)\n"), example(7, "for i in x:\n    i\n\n")];
        let script = Script::new(&examples.iter().collect::<Vec<_>>());
        let lines: Vec<&str> = script.text.lines().collect();
        assert_eq!(lines[2], "x = 1");
        assert!(lines[3].ends_with("; f(x)"));
        assert_eq!(lines[6], "for i in x:");
    }

    #[test]
    fn output_is_split_at_the_markers() {
        assert_eq!(split(&format!("module\n{MARKER}\n1\n{MARKER}\n{MARKER}\n2\n3\n")), ["1\n", "", "2\n3\n"]);
    }

    #[test]
    fn what_binds() {
        assert!(binds(&example(1, "x = 1\n")) && binds(&example(1, "import math\n")));
        assert!(!binds(&example(1, "f(1)\n")));
    }
}
