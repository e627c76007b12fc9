"""`np.amax`."""

from numpy.max import max


def amax(a, axis: static = None):
    """The same as `np.max`."""
    return max(a, axis)
