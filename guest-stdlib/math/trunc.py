"""`math.trunc`. A result outside 64 bits raises OverflowError, where CPython has longer integers."""

from intrinsics import f64_abs, f64_to_int, f64_trunc
from math._to_int import out_of_range


def trunc(x):
    """The integer part of x."""
    if isinstance(x, int):
        return int(x)
    y = f64_trunc(x)
    if f64_abs(y) < 9.223372036854775e18:
        return f64_to_int(y)
    return out_of_range(y)
