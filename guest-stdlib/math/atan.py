"""`math.atan`."""

from math._atan import atan_core


def atan(x):
    """The arc tangent of x, in radians, from -pi/2 to pi/2."""
    x = float(x)
    return atan_core(x)
