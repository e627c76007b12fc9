"""`np.amin`."""

from numpy.min import min


def amin(a, axis: static = None):
    """The same as `np.min`."""
    return min(a, axis)
