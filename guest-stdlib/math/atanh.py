"""`math.atanh`: the C library's, through the host."""

from intrinsics import f64_abs, host_math

_INF = 1e999
_ATANH = 12  # its number in the host's table of functions


def atanh(x):
    """The inverse hyperbolic tangent of x."""
    x = float(x)
    y = host_math(_ATANH, x, 0.0)
    if not f64_abs(y) < _INF and f64_abs(x) < _INF:
        raise ValueError("math domain error")
    if y != y and x == x:
        raise ValueError("math domain error")
    return y
