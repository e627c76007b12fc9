"""`int(text)` in base 10."""

from intrinsics import check, noinline
from types.str._core import byte_at, byte_count


def is_space(byte: int) -> bool:
    """ASCII white space."""
    return byte == 32 or (byte >= 9 and byte <= 13)


@noinline
def invalid(s):
    """Raises for a text that is no int."""
    raise ValueError("invalid literal for int() with base 10: " + repr(s))


@noinline
def parse_int(s):
    """The number that `s` spells, with spaces around and single underscores within."""
    i = 0
    n = byte_count(s)
    while i < n and is_space(byte_at(s, i)):
        i += 1
    while n > i and is_space(byte_at(s, n - 1)):
        n -= 1
    negative = False
    if i < n and (byte_at(s, i) == 45 or byte_at(s, i) == 43):
        negative = byte_at(s, i) == 45
        i += 1
    if i == n:
        invalid(s)
    value = 0
    underscore = True
    while i < n:
        byte = byte_at(s, i)
        if byte == 95:
            if underscore:
                invalid(s)
            underscore = True
        else:
            if byte < 48 or byte > 57:
                invalid(s)
            underscore = False
            digit = byte - 48
            check(value >= -922337203685477580, "OverflowError", "Python int too large to convert to int64")
            # Counted down, so that the smallest int can be read.
            value = value * 10 - digit
            check(value <= 0, "OverflowError", "Python int too large to convert to int64")
        i += 1
    if underscore:
        invalid(s)
    if negative:
        return value
    check(value != -9223372036854775808, "OverflowError", "Python int too large to convert to int64")
    return -value
