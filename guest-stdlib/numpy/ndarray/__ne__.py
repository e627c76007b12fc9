"""`ndarray.__ne__`."""

from numpy._operator import not_equal


def __ne__(self, other):
    """`self != other`, element by element."""
    return not_equal(self, other)
