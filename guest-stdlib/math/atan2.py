"""`math.atan2`."""

from math._atan import atan2_core


def atan2(y, x):
    """The angle of the point (x, y), in radians, from -pi to pi."""
    y = float(y)
    x = float(x)
    return atan2_core(y, x)
