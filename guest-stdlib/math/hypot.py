"""`math.hypot`."""

from math._hypot import hypot_core
from math._norm import norm


def hypot(*coordinates):
    """The Euclidean distance of the point from the origin."""
    if len(coordinates) == 2:
        x = float(coordinates[0])
        y = float(coordinates[1])
        return hypot_core(x, y)
    return norm(coordinates)
