//! What a host function may raise: a class and a text, cleaned before anybody sees them.

use std::fmt;

/// Longest text, in characters.
const MAX_TEXT: usize = 500;
/// Longest name of a class.
const MAX_CLASS: usize = 64;

/// A host function did not work: an exception of the guest that called it, at the call.
///
/// Compiled functions cannot catch exceptions (there is no `try`), so it ends the call with
/// [`Error::Raised`](crate::Error::Raised). Its text is for the guest and whoever reads its output: control characters are escaped, and it is cut
/// after 500 characters. It should not name what the guest must not know; for that reason there is no
/// conversion from other errors.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HostFailure {
    exception: String,
    message: String,
}

impl HostFailure {
    /// A `RuntimeError` with a text.
    pub fn new(message: impl AsRef<str>) -> Self {
        HostFailure::of("RuntimeError", message)
    }

    /// Another class: `HostFailure::of("KeyError", "EUR")`. What is no identifier is a `RuntimeError`.
    pub fn of(exception: &str, message: impl AsRef<str>) -> Self {
        let letters = exception.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let begins = exception.chars().next().is_some_and(|c| !c.is_ascii_digit());
        let exception =
            if letters && begins && exception.len() <= MAX_CLASS { exception } else { "RuntimeError" };
        HostFailure { exception: exception.to_owned(), message: cleaned(message.as_ref()) }
    }

    /// The class.
    pub fn exception(&self) -> &str {
        &self.exception
    }

    /// The text, cleaned.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for HostFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.message.is_empty() {
            return f.write_str(&self.exception);
        }
        write!(f, "{}: {}", self.exception, self.message)
    }
}

/// The text without characters that move a cursor, hide or turn round what follows, and not endless.
pub(crate) fn cleaned(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
            || matches!(c, '\u{e0000}'..='\u{e007f}')
    };
    let mut out = String::new();
    let mut room = MAX_TEXT;
    for c in text.chars() {
        let escaped = c.escape_default();
        let needed = if hidden(c) { escaped.len() } else { 1 };
        if needed > room {
            out.push('…');
            break;
        }
        room -= needed;
        if hidden(c) { out.extend(escaped) } else { out.push(c) }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cleaned_and_cut() {
        let failure = HostFailure::new("\x1b[31mred\nline\u{202e}back grüße\u{9b}");
        assert_eq!(failure.message(), "\\u{1b}[31mred\\nline\\u{202e}back grüße\\u{9b}");
        assert_eq!(failure.exception(), "RuntimeError");
        let long = HostFailure::new("ä".repeat(10_000));
        assert_eq!(long.message().chars().count(), MAX_TEXT + 1);
        assert!(long.message().ends_with('…'));
        assert!(HostFailure::new("\x1b".repeat(10_000)).message().chars().count() <= MAX_TEXT + 1);
    }

    #[test]
    fn classes_are_identifiers() {
        assert_eq!(HostFailure::of("KeyError", "x").to_string(), "KeyError: x");
        for odd in ["", "Key Error", "1x", "a\nb", &"x".repeat(65)] {
            assert_eq!(HostFailure::of(odd, "").to_string(), "RuntimeError");
        }
    }
}
