"""`math.exp`."""

from math._exp import exp_core

_INF = 1e999


def exp(x):
    """e raised to the power x."""
    x = float(x)
    y = exp_core(x)
    if y == _INF and x < _INF:
        raise OverflowError("math range error")
    return y
