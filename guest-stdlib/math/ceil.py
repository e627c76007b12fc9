"""`math.ceil`. A result outside 64 bits raises OverflowError, where CPython has longer integers."""

from intrinsics import f64_abs, f64_ceil, f64_to_int
from math._to_int import out_of_range


def ceil(x):
    """The smallest integer at least x."""
    if isinstance(x, int):
        return int(x)
    y = f64_ceil(x)
    if f64_abs(y) < 9.223372036854775e18:
        return f64_to_int(y)
    return out_of_range(y)
