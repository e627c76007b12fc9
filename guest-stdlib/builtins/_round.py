"""Rounding of ints and floats."""

from builtins._places import round_places
from intrinsics import f64_abs, f64_copysign, f64_nearest, noinline
from types.float._text import formatted
from types.str._core import byte_at, byte_count
from types.str._to_float import parse_float
from types.str._to_int import parse_int
from types.str._substring import substring


def round_float(x: float):
    """The nearest int."""
    return int(f64_nearest(x))


@noinline
def round_int(x: int, digits: int):
    """`x` rounded to a multiple of 10**-digits."""
    if digits >= 0:
        return x
    if digits < -18:
        return 0
    unit = 10**-digits
    rest = x % unit
    down = x - rest
    half = unit >> 1
    if rest > half or (rest == half and (down // unit) & 1 == 1):
        return down + unit
    return down


@noinline
def round_digits(x: float, digits: int):
    """`x` rounded to decimal places; the host's formatting is exact, so its digits are the answer."""
    if digits >= 0:
        return round_places(x, digits)
    if x - x != 0.0 or x == 0.0:
        return x
    if digits < -308:
        return f64_copysign(0.0, x)
    text = formatted(f64_abs(x), 101, 16)
    mark = 0
    while byte_at(text, mark) != 101:
        mark += 1
    # Digits that stay before the rounded ones.
    places = parse_int(substring(text, mark + 1, byte_count(text))) + digits
    if places >= 0:
        result = parse_float(formatted(x, 101, places))
        if result - result != 0.0:
            raise OverflowError("rounded value too large to represent")
        return result
    if places == -1 and f64_abs(x) > parse_float("5e" + str(-digits - 1)):
        return f64_copysign(parse_float("1e" + str(-digits)), x)
    return f64_copysign(0.0, x)
