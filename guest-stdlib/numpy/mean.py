"""`np.mean`."""

from numpy._reduce import source_array


def mean(a, axis: static = None):
    """Arithmetic mean, or of each row or column."""
    return source_array(a, "mean").mean(axis)
