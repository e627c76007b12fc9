"""`np.prod`."""

from numpy._reduce import source_array


def prod(a, axis: static = None):
    """Product of the elements, or of each row or column."""
    return source_array(a, "prod").prod(axis)
