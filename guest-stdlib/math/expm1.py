"""`math.expm1`: the C library's, through the host."""

from intrinsics import f64_abs, host_math

_INF = 1e999
_EXPM1 = 14  # its number in the host's table of functions


def expm1(x):
    """e**x - 1, accurate near 0."""
    x = float(x)
    y = host_math(_EXPM1, x, 0.0)
    if f64_abs(y) == _INF and f64_abs(x) < _INF:
        raise OverflowError("math range error")
    return y
