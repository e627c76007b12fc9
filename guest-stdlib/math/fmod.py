"""`math.fmod`."""

from math._fmod import fmod_core


def fmod(x, y):
    """The remainder of x/y with the sign of x, as C computes it."""
    x = float(x)
    y = float(y)
    z = fmod_core(x, y)
    if z != z and x == x and y == y:
        raise ValueError("math domain error")
    return z
