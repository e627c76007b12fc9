"""`ndarray.all`; `axis` for arrays of two axes."""

from numpy._assign import run
from numpy._reduce import along, all_true


def _all(a):
    return all_true(a)


def all(self, axis: static = None):
    """True if no element is zero, or of each row or column."""
    if axis is None:
        return _all(run(self))
    return along(self, axis, _all, "all")
