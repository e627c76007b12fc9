"""`math.dist`."""

from math._norm import norm


def dist(p, q):
    """The Euclidean distance between two points, each a tuple of coordinates."""
    if len(p) != len(q):
        raise ValueError("both points must have the same number of dimensions")
    if len(p) == 1:
        return norm((float(p[0]) - float(q[0]),))
    if len(p) == 2:
        return norm((float(p[0]) - float(q[0]), float(p[1]) - float(q[1])))
    if len(p) == 3:
        return norm((float(p[0]) - float(q[0]), float(p[1]) - float(q[1]), float(p[2]) - float(q[2])))
    raise ValueError("math.dist: points of one, two or three dimensions are supported")
