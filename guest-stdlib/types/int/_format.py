"""Format specifications of ints."""

from intrinsics import as_str, i64_shr_u, noinline
from types.float._format import format_float
from types.int._text import int_text
from types.str._core import byte_count, new_text, put_byte
from types.str._layout import group, layout, sign_text, unknown_code
from types.str._spec import parse_spec
from types.str._substring import substring


@noinline
def digits_in_base(magnitude: int, shift: int, letters: int):
    """Digits in base 2**shift; `letters` is what is added to 10 for `a` or `A`."""
    count = 1
    rest = i64_shr_u(magnitude, shift)
    while rest != 0:
        count += 1
        rest = i64_shr_u(rest, shift)
    block = new_text(count, count)
    mask = (1 << shift) - 1
    for i in range(count):
        digit = magnitude & mask
        put_byte(block, count - 1 - i, digit + 48 if digit < 10 else digit + letters)
        magnitude = i64_shr_u(magnitude, shift)
    return as_str(block)


@noinline
def format_int(x: int, spec):
    """`format(x, spec)`."""
    fill, align, sign, alternate, zero, width, grouping, precision, kind = parse_spec(spec)
    if (kind >= 101 and kind <= 103) or (kind >= 69 and kind <= 71) or kind == 37:
        return format_float(float(x), spec)
    if precision >= 0:
        raise ValueError("Precision not allowed in integer format specifier")
    magnitude = -x if x < 0 else x
    prefix = ""
    size = 4
    if kind == 0 or kind == 100 or kind == 110:
        size = 3
        body = int_text(magnitude)
        if magnitude < 0:
            body = substring(body, 1, byte_count(body))
    elif kind == 120:
        body = digits_in_base(magnitude, 4, 87)
        prefix = "0x"
    elif kind == 88:
        body = digits_in_base(magnitude, 4, 55)
        prefix = "0X"
    elif kind == 111:
        body = digits_in_base(magnitude, 3, 48)
        prefix = "0o"
    elif kind == 98:
        body = digits_in_base(magnitude, 1, 48)
        prefix = "0b"
    else:
        unknown_code(kind, "int")
        body = ""
    before = sign_text(x < 0, sign)
    if alternate != 0:
        before = before + prefix
    if align == 0:
        align = 61 if zero != 0 else 62
    if grouping != 0:
        inner = 0
        if zero != 0 and align == 61 and fill < 0:
            inner = width - byte_count(before)
        body = group(body, grouping, size, inner)
    return layout(before, body, spec, fill, align, zero, width)
