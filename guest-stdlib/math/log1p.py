"""`math.log1p`: the C library's, through the host."""

from intrinsics import f64_abs, host_math

_INF = 1e999
_LOG1P = 18  # its number in the host's table of functions


def log1p(x):
    """log(1 + x), accurate near 0."""
    x = float(x)
    y = host_math(_LOG1P, x, 0.0)
    if not f64_abs(y) < _INF and f64_abs(x) < _INF:
        raise ValueError("math domain error")
    if y != y and x == x:
        raise ValueError("math domain error")
    return y
