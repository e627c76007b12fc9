"""`math.sin`."""

from math._sin import sin_core


def sin(x):
    """The sine of x radians."""
    x = float(x)
    y = sin_core(x)
    if y != y and x == x:
        raise ValueError("math domain error")
    return y
