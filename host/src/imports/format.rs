//! Floats as text, as CPython writes them: `repr` and the presentation types of a format spec.
//!
//! Rust's own formatting supplies correctly rounded digits (shortest for `repr`, exact otherwise);
//! this file only places the point, the sign and the exponent. Width, fill and grouping are the
//! guest's business.

/// Formats `value`; `kind` is `r` (repr), `f`, `e`, `g`, `%`, or `s` (a precision without a type, as
/// in `f"{x:.3}"`). `None` for another kind.
pub fn format_f64(value: f64, kind: u8, precision: usize) -> Option<String> {
    let magnitude = value.abs();
    let body = match kind {
        b'r' if magnitude.is_finite() => repr(magnitude),
        b'f' if magnitude.is_finite() => format!("{magnitude:.precision$}"),
        b'e' if magnitude.is_finite() => exponent_form(&Digits::rounded(magnitude, precision), false),
        b'g' if magnitude.is_finite() => general(magnitude, precision.max(1), false),
        b's' if magnitude.is_finite() => general(magnitude, precision.max(1), true),
        b'%' => {
            let scaled = magnitude * 100.0;
            if scaled.is_finite() {
                format!("{scaled:.precision$}%")
            } else {
                format!("{}%", special(scaled))
            }
        }
        b'r' | b'f' | b'e' | b'g' | b's' => special(magnitude).to_owned(),
        _ => return None,
    };
    let negative = value.is_sign_negative() && !value.is_nan();
    Some(if negative { format!("-{body}") } else { body })
}

fn special(magnitude: f64) -> &'static str {
    if magnitude.is_nan() { "nan" } else { "inf" }
}

/// Decimal digits `d.ddd` and the power of ten of the first.
struct Digits {
    digits: String,
    exponent: i32,
}

impl Digits {
    /// The shortest digits that give the value back; of two that are equally near, the even ones.
    fn shortest(magnitude: f64) -> Self {
        let shortest = Self::split(&format!("{magnitude:e}"));
        // Rust rounds such a tie up, and ties need a value of more digits than these.
        if shortest.digits.len() >= 16 {
            let even = format!("{magnitude:.*e}", shortest.digits.len() - 1);
            if even.parse() == Ok(magnitude) {
                return Self::split(&even);
            }
        }
        shortest
    }

    /// `precision` digits after the first, correctly rounded.
    fn rounded(magnitude: f64, precision: usize) -> Self {
        Self::split(&format!("{magnitude:.precision$e}"))
    }

    fn split(text: &str) -> Self {
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
        Self { digits: mantissa.replace('.', ""), exponent: exponent.parse().unwrap_or(0) }
    }

    fn strip_zeros(&mut self) {
        let kept = self.digits.trim_end_matches('0').len().max(1);
        self.digits.truncate(kept);
    }
}

fn repr(magnitude: f64) -> String {
    let digits = Digits::shortest(magnitude);
    if (-4..16).contains(&digits.exponent) {
        fixed_form(&digits, true)
    } else {
        exponent_form(&digits, false)
    }
}

/// `%g`; with `point`, at least one digit follows the point, as in `str`.
fn general(magnitude: f64, precision: usize, point: bool) -> String {
    let mut digits = Digits::rounded(magnitude, precision - 1);
    digits.strip_zeros();
    let most = i64::try_from(precision).unwrap_or(i64::MAX) - i64::from(point);
    if digits.exponent >= -4 && i64::from(digits.exponent) < most {
        fixed_form(&digits, point)
    } else {
        exponent_form(&digits, false)
    }
}

/// All digits with the point where it belongs.
fn fixed_form(digits: &Digits, point: bool) -> String {
    let mut text = String::new();
    if digits.exponent < 0 {
        text.push_str("0.");
        text.extend(std::iter::repeat_n('0', digits.exponent.unsigned_abs() as usize - 1));
        text.push_str(&digits.digits);
        return text;
    }
    let whole = digits.exponent as usize + 1;
    if digits.digits.len() > whole {
        text.push_str(&digits.digits[..whole]);
        text.push('.');
        text.push_str(&digits.digits[whole..]);
        return text;
    }
    text.push_str(&digits.digits);
    text.extend(std::iter::repeat_n('0', whole - digits.digits.len()));
    if point {
        text.push_str(".0");
    }
    text
}

/// `d.ddde+xx`.
fn exponent_form(digits: &Digits, point: bool) -> String {
    let (first, rest) = digits.digits.split_at(1);
    let sign = if digits.exponent < 0 { '-' } else { '+' };
    let fraction = match (rest.is_empty(), point) {
        (false, _) => format!(".{rest}"),
        (true, true) => ".0".to_owned(),
        (true, false) => String::new(),
    };
    format!("{first}{fraction}e{sign}{:02}", digits.exponent.unsigned_abs())
}

/// Parses as Python's `float(str)` does: spaces around, a sign, underscores between digits, and the
/// words for infinity and not-a-number in any case.
pub fn parse_f64(text: &str) -> Option<f64> {
    let text = text.trim_matches(is_space);
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let word = unsigned.to_ascii_lowercase();
    let value = if matches!(word.as_str(), "inf" | "infinity") {
        f64::INFINITY
    } else if word == "nan" {
        f64::NAN
    } else {
        number(unsigned.as_bytes())?
    };
    Some(if text.starts_with('-') { -value } else { value })
}

/// Python's white space: Unicode's, and four separators that Unicode does not count.
fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\x1c'..='\x1f').contains(&c)
}

fn number(bytes: &[u8]) -> Option<f64> {
    let mut clean = String::with_capacity(bytes.len());
    let (whole, mut at) = digits(bytes, 0, &mut clean)?;
    let mut fraction = false;
    if bytes.get(at) == Some(&b'.') {
        clean.push('.');
        (fraction, at) = digits(bytes, at + 1, &mut clean)?;
    }
    if !whole && !fraction {
        return None;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        clean.push('e');
        at += 1;
        if let Some(sign @ (b'+' | b'-')) = bytes.get(at) {
            clean.push(char::from(*sign));
            at += 1;
        }
        let (some, end) = digits(bytes, at, &mut clean)?;
        if !some {
            return None;
        }
        at = end;
    }
    if at == bytes.len() { clean.parse().ok() } else { None }
}

/// Copies digits, dropping single underscores between two of them: whether there were any, and
/// where they end. `None` for an underscore elsewhere.
fn digits(bytes: &[u8], start: usize, clean: &mut String) -> Option<(bool, usize)> {
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut at = start;
    loop {
        match bytes.get(at) {
            Some(byte) if byte.is_ascii_digit() => clean.push(char::from(*byte)),
            Some(b'_') if at > start && digit(at - 1) && digit(at + 1) => {}
            Some(b'_') => return None,
            _ => return Some((at > start, at)),
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(value: f64, kind: char, precision: usize) -> String {
        format_f64(value, kind as u8, precision).unwrap()
    }

    #[test]
    fn repr_is_pythons() {
        let cases = [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (0.1, "0.1"),
            (1e-4, "0.0001"),
            (1e-5, "1e-05"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (123456789.125, "123456789.125"),
            (1.5e300, "1.5e+300"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "nan"),
            (-f64::NAN, "nan"),
            (9999999999999998.0, "9999999999999998.0"),
            (2.0f64.powi(70), "1.1805916207174113e+21"),
            (171_835_076_388_822.63, "171835076388822.62"),
        ];
        for (value, want) in cases {
            assert_eq!(show(value, 'r', 0), want);
        }
    }

    #[test]
    fn presentation_types_are_pythons() {
        let cases = [
            (2.5, 'f', 0, "2"),
            (0.5, 'f', 0, "0"),
            (1.5, 'f', 0, "2"),
            (0.125, 'f', 2, "0.12"),
            (-0.0, 'f', 1, "-0.0"),
            (1234.5678, 'e', 2, "1.23e+03"),
            (0.0, 'e', 1, "0.0e+00"),
            (1e100, 'e', 0, "1e+100"),
            (9.99, 'e', 0, "1e+01"),
            (1234567.0, 'g', 6, "1.23457e+06"),
            (123456.0, 'g', 6, "123456"),
            (0.0001, 'g', 6, "0.0001"),
            (0.00001, 'g', 6, "1e-05"),
            (100000.0, 'g', 6, "100000"),
            (999999.5, 'g', 6, "1e+06"),
            (0.0, 'g', 0, "0"),
            (0.256, '%', 1, "25.6%"),
            (f64::NAN, '%', 1, "nan%"),
            (123.0, 's', 3, "1.23e+02"),
            (12.0, 's', 3, "12.0"),
            (3.14359, 's', 3, "3.14"),
        ];
        for (value, kind, precision, want) in cases {
            assert_eq!(show(value, kind, precision), want, "{value} {kind} {precision}");
        }
        assert_eq!(format_f64(1.0, b'x', 0), None);
    }

    #[test]
    fn parses_what_python_parses() {
        for (text, want) in [
            ("1", 1.0),
            (" 1.5\n", 1.5),
            ("+.5", 0.5),
            ("5.", 5.0),
            ("1_000.5_0", 1000.5),
            ("1e5", 1e5),
            ("1E-0_5", 1e-5),
            ("-Infinity", f64::NEG_INFINITY),
            ("\u{2003}2\u{a0}", 2.0),
            ("1e400", f64::INFINITY),
            ("-0", -0.0),
        ] {
            let got = parse_f64(text).unwrap();
            assert_eq!(got.to_bits(), want.to_bits(), "{text:?}");
        }
        assert!(parse_f64("NaN").unwrap().is_nan());
        for text in [
            "", " ", ".", "e5", "1_", "_1", "1__0", "1_.5", "1._5", "1e", "1e_5", "1 2", "0x1", "infinit",
            "--1", "1\0",
        ] {
            assert_eq!(parse_f64(text), None, "{text:?}");
        }
    }
}
