"""`math.cosh`: the C library's, through the host."""

from intrinsics import f64_abs, host_math

_INF = 1e999
_COSH = 8  # its number in the host's table of functions


def cosh(x):
    """The hyperbolic cosine of x."""
    x = float(x)
    y = host_math(_COSH, x, 0.0)
    if f64_abs(y) == _INF and f64_abs(x) < _INF:
        raise OverflowError("math range error")
    return y
