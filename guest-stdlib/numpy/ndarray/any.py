"""`ndarray.any`; `axis` for arrays of two axes."""

from numpy._assign import run
from numpy._reduce import along, any_true


def _any(a):
    return any_true(a)


def any(self, axis: static = None):
    """True if some element is not zero, or of each row or column."""
    if axis is None:
        return _any(run(self))
    return along(self, axis, _any, "any")
