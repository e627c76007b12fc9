"""`np.cumsum` of a whole array."""

from numpy._reduce import source_array


def cumsum(a):
    """Running sums of the elements."""
    return source_array(a, "cumsum").cumsum()
