"""`ndarray.__rtruediv__`."""

from numpy._operator import divide


def __rtruediv__(self, other):
    """`other / self`, element by element."""
    return divide(other, self)
