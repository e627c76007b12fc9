"""`ndarray.__ge__`."""

from numpy._operator import greater_equal


def __ge__(self, other):
    """`self >= other`, element by element."""
    return greater_equal(self, other)
