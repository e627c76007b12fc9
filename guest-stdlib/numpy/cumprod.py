"""`np.cumprod` of a whole array."""

from numpy._reduce import source_array


def cumprod(a):
    """Running products of the elements."""
    return source_array(a, "cumprod").cumprod()
