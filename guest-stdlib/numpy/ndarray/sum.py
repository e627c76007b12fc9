"""`ndarray.sum`; `axis` for arrays of two axes."""

from numpy._assign import run
from numpy._reduce import along, total


def _sum(a):
    return total(a)


def sum(self, axis: static = None):
    """Sum of the elements, or of each row or column."""
    if axis is None:
        return _sum(run(self))
    return along(self, axis, _sum, "sum")
