"""Format specifications of strings."""

from intrinsics import noinline
from types.str._core import char_count
from types.str._layout import layout, unknown_code
from types.str._spec import parse_spec
from types.str._substring import offset_of, substring


@noinline
def format_str(s, spec):
    """`format(s, spec)`."""
    fill, align, sign, alternate, zero, width, grouping, precision, kind = parse_spec(spec)
    if kind != 0 and kind != 115:
        unknown_code(kind, "str")
    if sign != 0:
        raise ValueError("Sign not allowed in string format specifier")
    if alternate != 0:
        raise ValueError("Alternate form (#) not allowed in string format specifier")
    if align == 61:
        raise ValueError("'=' alignment not allowed in string format specifier")
    if precision >= 0 and precision < char_count(s):
        s = substring(s, 0, offset_of(s, precision))
    if align == 0:
        align = 60
    return layout("", s, spec, fill, align, zero, width)
