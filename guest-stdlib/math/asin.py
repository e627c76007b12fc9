"""`math.asin`."""

from math._asin import asin_core


def asin(x):
    """The arc sine of x, in radians, from -pi/2 to pi/2."""
    x = float(x)
    y = asin_core(x)
    if y != y and x == x:
        raise ValueError("math domain error")
    return y
