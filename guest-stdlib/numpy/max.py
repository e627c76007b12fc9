"""`np.max`."""

from numpy._reduce import source_array


def max(a, axis: static = None):
    """Greatest element; NaN if there is one, or of each row or column."""
    return source_array(a, "max").max(axis)
