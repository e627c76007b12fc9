"""`ndarray.min`; `axis` for arrays of two axes."""

from numpy._assign import run
from numpy._reduce import along, extreme, least_of


def _min(a):
    return extreme(a, least_of, "minimum")


def min(self, axis: static = None):
    """Least element; NaN if there is one, or of each row or column."""
    if axis is None:
        return _min(run(self))
    return along(self, axis, _min, "min")
