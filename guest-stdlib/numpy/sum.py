"""`np.sum`."""

from numpy._reduce import source_array


def sum(a, axis: static = None):
    """Sum of the elements, or of each row or column."""
    return source_array(a, "sum").sum(axis)
