"""Format specifications of floats; the host makes the digits."""

from intrinsics import as_str, f64_abs, f64_bits, noinline
from types.float._text import formatted
from types.str._core import byte_at, byte_count, new_text, put_byte
from types.str._layout import group, layout, sign_text, unknown_code
from types.str._spec import parse_spec
from types.str._substring import substring


@noinline
def upper(s):
    """ASCII letters of `s` in upper case."""
    n = byte_count(s)
    block = new_text(n, n)
    for i in range(n):
        byte = byte_at(s, i)
        put_byte(block, i, byte - 32 if byte >= 97 and byte <= 122 else byte)
    return as_str(block)


@noinline
def is_bare(s):
    """True if a text consists of digits alone."""
    for i in range(byte_count(s)):
        if byte_at(s, i) < 48 or byte_at(s, i) > 57:
            return False
    return True


@noinline
def general(x: float, precision: int):
    """Digits without a format code but with a precision: like `g`, but always with a point or an
    exponent."""
    if precision == 0:
        precision = 1
    text = formatted(x, 103, precision)
    if not is_bare(text):
        return text
    if byte_count(text) < precision:
        return text + ".0"
    text = formatted(x, 101, precision - 1)
    # Zeros before the exponent go, and so does the point if nothing is left behind it.
    mark = 0
    while byte_at(text, mark) != 101:
        mark += 1
    last = mark
    if precision > 1:
        while byte_at(text, last - 1) == 48:
            last -= 1
        if byte_at(text, last - 1) == 46:
            last -= 1
    return substring(text, 0, last) + substring(text, mark, byte_count(text))


@noinline
def digits_of(x: float, kind: int, precision: int):
    """Text of x >= 0 in a format."""
    lower = kind + 32 if kind >= 69 and kind <= 71 else kind
    if kind == 0:
        return float_general(x, precision)
    if precision < 0:
        precision = 6
    if lower == 103 or lower == 110:
        text = formatted(x, 103, precision if precision > 0 else 1)
    elif lower == 101 or lower == 102 or lower == 37:
        text = formatted(x, lower, precision)
    else:
        unknown_code(kind, "float")
        text = ""
    if lower != kind:
        return upper(text)
    return text


def float_general(x: float, precision: int):
    """Text without a format code."""
    if precision < 0:
        return formatted(x, 114, 0)
    return general(x, precision)


@noinline
def format_float(x: float, spec):
    """`format(x, spec)`."""
    fill, align, sign, alternate, zero, width, grouping, precision, kind = parse_spec(spec)
    if alternate != 0:
        raise ValueError("Alternate form (#) not supported in float format specifier")
    body = digits_of(f64_abs(x), kind, precision)
    before = sign_text(x == x and f64_bits(x) < 0, sign)
    if align == 0:
        align = 61 if zero != 0 else 62
    if grouping != 0:
        inner = 0
        if zero != 0 and align == 61 and fill < 0:
            inner = width - byte_count(before)
        body = group(body, grouping, 3, inner)
    return layout(before, body, spec, fill, align, zero, width)
