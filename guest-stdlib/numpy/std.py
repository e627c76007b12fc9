"""`np.std` of a whole array."""

from numpy._reduce import source_array


def std(a, ddof=0):
    """Root of the variance, over `n - ddof`."""
    return source_array(a, "std").std(ddof)
