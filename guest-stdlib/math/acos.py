"""`math.acos`."""

from math._asin import acos_core


def acos(x):
    """The arc cosine of x, in radians, from 0 to pi."""
    x = float(x)
    y = acos_core(x)
    if y != y and x == x:
        raise ValueError("math domain error")
    return y
