"""`math.exp2`."""

from math._exp import exp2_core

_INF = 1e999


def exp2(x):
    """2 raised to the power x."""
    x = float(x)
    y = exp2_core(x)
    if y == _INF and x < _INF:
        raise OverflowError("math range error")
    return y
