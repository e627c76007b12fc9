"""`ndarray.std` of the whole array."""

from intrinsics import f64_sqrt
from numpy._assign import run
from numpy._reduce import variance


def std(self, ddof=0):
    """Root of the variance, over `n - ddof`."""
    a = run(self)
    return f64_sqrt(variance(a, ddof))
