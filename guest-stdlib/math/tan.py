"""`math.tan`."""

from math._tan import tan_core


def tan(x):
    """The tangent of x radians."""
    x = float(x)
    y = tan_core(x)
    if y != y and x == x:
        raise ValueError("math domain error")
    return y
