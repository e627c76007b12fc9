"""`ndarray.var` of the whole array."""

from numpy._assign import run
from numpy._reduce import variance


def var(self, ddof=0):
    """Mean squared deviation from the mean, over `n - ddof`."""
    a = run(self)
    return variance(a, ddof)
