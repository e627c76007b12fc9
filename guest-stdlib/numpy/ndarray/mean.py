"""`ndarray.mean`; `axis` for arrays of two axes."""

from numpy._assign import run
from numpy._reduce import along, average


def _mean(a):
    return average(a)


def mean(self, axis: static = None):
    """Arithmetic mean, or of each row or column."""
    if axis is None:
        return _mean(run(self))
    return along(self, axis, _mean, "mean")
