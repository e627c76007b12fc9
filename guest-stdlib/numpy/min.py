"""`np.min`."""

from numpy._reduce import source_array


def min(a, axis: static = None):
    """Least element; NaN if there is one, or of each row or column."""
    return source_array(a, "min").min(axis)
