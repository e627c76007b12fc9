"""`math.cos`."""

from math._cos import cos_core


def cos(x):
    """The cosine of x radians."""
    x = float(x)
    y = cos_core(x)
    if y != y and x == x:
        raise ValueError("math domain error")
    return y
