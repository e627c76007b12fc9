"""`math.ldexp`."""

from intrinsics import f64_abs
from math._ldexp import ldexp_core

_INF = 1e999


def ldexp(x, i):
    """x * 2**i."""
    x = float(x)
    y = ldexp_core(x, i)
    if f64_abs(y) == _INF and f64_abs(x) < _INF:
        raise OverflowError("math range error")
    return y
