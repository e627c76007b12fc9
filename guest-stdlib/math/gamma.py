"""`math.gamma`."""

from intrinsics import f64_abs, f64_floor
from math._gamma import gamma_core

_INF = 1e999


def gamma(x):
    """The gamma function of x."""
    x = float(x)
    if not f64_abs(x) < _INF:
        if x == -_INF:
            raise ValueError("math domain error")
        return x
    if x <= 0.0 and x == f64_floor(x):
        raise ValueError("math domain error")
    y = gamma_core(x)
    if f64_abs(y) == _INF:
        raise OverflowError("math range error")
    return y
