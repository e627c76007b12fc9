"""`ndarray.dot`."""

from numpy.dot import dot as _dot


def dot(self, other):
    """Inner product, matrix times vector, or matrix product."""
    return _dot(self, other)
