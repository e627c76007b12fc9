"""`np.all`."""

from numpy._reduce import source_array


def all(a, axis: static = None):
    """True if no element is zero, or of each row or column."""
    return source_array(a, "all").all(axis)
