"""`ndarray.prod`; `axis` for arrays of two axes."""

from numpy._assign import run
from numpy._reduce import along, product


def _prod(a):
    return product(a)


def prod(self, axis: static = None):
    """Product of the elements, or of each row or column."""
    if axis is None:
        return _prod(run(self))
    return along(self, axis, _prod, "prod")
