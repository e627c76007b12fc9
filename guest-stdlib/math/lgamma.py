"""`math.lgamma`."""

from intrinsics import f64_abs, f64_floor
from math._gamma import lgamma_core

_INF = 1e999


def lgamma(x):
    """The natural logarithm of the absolute value of the gamma function of x."""
    x = float(x)
    if not f64_abs(x) < _INF:
        return f64_abs(x)
    if x <= 0.0 and x == f64_floor(x):
        raise ValueError("math domain error")
    y = lgamma_core(x)
    if f64_abs(y) == _INF:
        raise OverflowError("math range error")
    return y
