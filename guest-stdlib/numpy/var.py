"""`np.var` of a whole array."""

from numpy._reduce import source_array


def var(a, ddof=0):
    """Mean squared deviation from the mean, over `n - ddof`."""
    return source_array(a, "var").var(ddof)
