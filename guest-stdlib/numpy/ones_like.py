"""`np.ones_like`."""

from numpy.ones import ones


def ones_like(a, dtype=None):
    """Ones in the shape and element type of an array."""
    if dtype is None:
        return ones(a.shape, a.dtype)
    return ones(a.shape, dtype)
