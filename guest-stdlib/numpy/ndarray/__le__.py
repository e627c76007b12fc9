"""`ndarray.__le__`."""

from numpy._operator import less_equal


def __le__(self, other):
    """`self <= other`, element by element."""
    return less_equal(self, other)
