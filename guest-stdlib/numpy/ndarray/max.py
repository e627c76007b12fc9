"""`ndarray.max`; `axis` for arrays of two axes."""

from numpy._assign import run
from numpy._reduce import along, extreme, greatest_of


def _max(a):
    return extreme(a, greatest_of, "maximum")


def max(self, axis: static = None):
    """Greatest element; NaN if there is one, or of each row or column."""
    if axis is None:
        return _max(run(self))
    return along(self, axis, _max, "max")
