"""Format specifications: [[fill]align][sign][#][0][width][grouping][.precision][type]."""

from intrinsics import noinline
from types.str._core import byte_at, byte_count
from types.str._substring import char_size


def is_align(byte: int) -> bool:
    """One of < > ^ =."""
    return byte == 60 or byte == 62 or byte == 94 or byte == 61


def byte_or_zero(s, at: int) -> int:
    """The byte at a place, or 0 behind the end."""
    if at < byte_count(s):
        return byte_at(s, at)
    return 0


@noinline
def number_in(spec, at: int):
    """(value, place behind) of the digits at a place."""
    value = 0
    while byte_or_zero(spec, at) >= 48 and byte_or_zero(spec, at) <= 57:
        value = value * 10 + byte_at(spec, at) - 48
        at += 1
        if value > 1000000:
            raise ValueError("Too many decimal digits in format string")
    return value, at


@noinline
def parse_spec(spec):
    """(fill's place, align, sign, alternate, zero, width, grouping, precision, type): ASCII codes, 0
    where absent; place and precision are -1 where absent."""
    at = 0
    fill = -1
    align = 0
    sign = 0
    alternate = 0
    zero = 0
    grouping = 0
    precision = -1
    first = 0
    if byte_count(spec) > 0:
        first = char_size(byte_at(spec, 0))
    if is_align(byte_or_zero(spec, first)):
        fill = 0
        align = byte_or_zero(spec, first)
        at = first + 1
    elif is_align(byte_or_zero(spec, 0)):
        align = byte_or_zero(spec, 0)
        at = 1
    c = byte_or_zero(spec, at)
    if c == 43 or c == 45 or c == 32:
        sign = c
        at += 1
    if byte_or_zero(spec, at) == 35:
        alternate = 1
        at += 1
    if byte_or_zero(spec, at) == 48:
        zero = 1
        at += 1
    width, at = number_in(spec, at)
    c = byte_or_zero(spec, at)
    if c == 44 or c == 95:
        grouping = c
        at += 1
    if byte_or_zero(spec, at) == 46:
        start = at + 1
        precision, at = number_in(spec, start)
        if at == start:
            raise ValueError("Format specifier missing precision")
    kind = byte_or_zero(spec, at)
    if at + 1 < byte_count(spec):
        raise ValueError("Invalid format specifier")
    return fill, align, sign, alternate, zero, width, grouping, precision, kind
