"""`ndarray.__truediv__`."""

from numpy._operator import divide


def __truediv__(self, other):
    """`self / other`, element by element."""
    return divide(self, other)
