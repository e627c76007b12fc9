"""`np.any`."""

from numpy._reduce import source_array


def any(a, axis: static = None):
    """True if some element is not zero, or of each row or column."""
    return source_array(a, "any").any(axis)
