//! Expected and actual output -> equal or not, by the rules of Python's `doctest`; and the lines in
//! which they differ.

use super::example::{Example, Flags};

/// Lines of output beyond which a difference is not looked for line by line.
const MAX_DIFF: usize = 400;

/// Whether output is what the example expects.
pub(super) fn is_output(example: &Example, got: &str) -> bool {
    is_same(&example.want, got, example.flags)
}

/// Whether an exception (`ValueError: text`) is what is expected.
pub(super) fn is_exception(want: &str, got: &str, flags: Flags) -> bool {
    if is_same(&with_break(want), &with_break(got), flags) {
        return true;
    }
    flags.ignore_exception_detail && class(want) == class(got)
}

/// The exception's class without its module.
fn class(text: &str) -> &str {
    let name = text.split([':', '\n']).next().unwrap_or(text);
    name.rsplit('.').next().unwrap_or(name).trim()
}

fn with_break(text: &str) -> String {
    if text.is_empty() || text.ends_with('\n') { text.to_owned() } else { format!("{text}\n") }
}

fn is_same(want: &str, got: &str, flags: Flags) -> bool {
    if want == got {
        return true;
    }
    let (mut want, mut got) = (want.to_owned(), got.to_owned());
    if !flags.dont_accept_blankline {
        want = map_lines(&want, |line| if line.trim() == "<BLANKLINE>" { "" } else { line });
        got = map_lines(&got, |line| if line.trim().is_empty() { "" } else { line });
    }
    if flags.normalize_whitespace {
        want = words(&want);
        got = words(&got);
    }
    want == got || (flags.ellipsis && matches_ellipsis(&want, &got))
}

fn map_lines(text: &str, change: impl Fn(&str) -> &str) -> String {
    text.split_inclusive('\n')
        .map(|line| match line.strip_suffix('\n') {
            Some(line) => format!("{}\n", change(line)),
            None => change(line).to_owned(),
        })
        .collect()
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether `want`, in which `...` stands for any text, describes all of `got`.
fn matches_ellipsis(want: &str, got: &str) -> bool {
    let pieces: Vec<&str> = want.split("...").collect();
    let [first, middle @ .., last] = &*pieces else { return false };
    let Some(rest) = got.strip_prefix(first) else { return false };
    let Some(mut rest) = rest.strip_suffix(last) else { return false };
    for piece in middle {
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
    }
    true
}

/// The lines of both texts: `-` only expected, `+` only got, two spaces where they agree.
pub(super) fn difference(want: &str, got: &str) -> Vec<String> {
    let (want, got): (Vec<&str>, Vec<&str>) = (want.lines().collect(), got.lines().collect());
    let (n, m) = (want.len(), got.len());
    if n > MAX_DIFF || m > MAX_DIFF {
        let side = |sign: char, lines: &[&str]| -> Vec<String> {
            lines.iter().take(MAX_DIFF).map(|line| format!("{sign} {line}")).collect()
        };
        return [side('-', &want), side('+', &got)].concat();
    }
    // Longest common subsequence of the rest of both from (i, j) on.
    let mut common = vec![vec![0u32; m + 1]; n + 1];
    for i in (0..n).rev() {
        for j in (0..m).rev() {
            common[i][j] = if want[i] == got[j] {
                common[i + 1][j + 1] + 1
            } else {
                common[i + 1][j].max(common[i][j + 1])
            };
        }
    }
    let (mut i, mut j, mut lines) = (0, 0, Vec::new());
    while i < n || j < m {
        if i < n && j < m && want[i] == got[j] {
            lines.push(format!("  {}", want[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == m || (i < n && common[i + 1][j] >= common[i][j + 1]) {
            lines.push(format!("- {}", want[i]));
            i += 1;
        } else {
            lines.push(format!("+ {}", got[j]));
            j += 1;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_lines_white_space_and_ellipses() {
        let plain = Flags::default();
        assert!(is_same("a\n<BLANKLINE>\nb\n", "a\n  \nb\n", plain));
        assert!(!is_same("a  b\n", "a b\n", plain));
        assert!(is_same("a  b\n", "a\nb\n", Flags { normalize_whitespace: true, ..plain }));
        let ellipsis = Flags { ellipsis: true, ..plain };
        assert!(is_same("a...c\n", "abbc\n", ellipsis));
        assert!(!is_same("aa...aa\n", "aaa\n", ellipsis), "the pieces do not overlap");
        assert!(!is_same("a...c\n", "abbd\n", ellipsis));
    }

    #[test]
    fn exceptions_compare_type_and_message() {
        let plain = Flags::default();
        assert!(is_exception("ValueError: x", "ValueError: x", plain));
        assert!(!is_exception("ValueError: x", "ValueError: y", plain));
        assert!(is_exception(
            "ValueError: x",
            "ValueError: y",
            Flags { ignore_exception_detail: true, ..plain }
        ));
    }

    #[test]
    fn differences_keep_common_lines() {
        assert_eq!(difference("a\nb\nc\n", "a\nx\nc\n"), ["  a", "- b", "+ x", "  c"]);
    }
}
