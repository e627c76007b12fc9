"""`ndarray.__matmul__`."""

from numpy.dot import dot


def __matmul__(self, other):
    """`self @ other`."""
    return dot(self, other)
