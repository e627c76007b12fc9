"""`ndarray.__mul__`."""

from numpy._operator import multiply


def __mul__(self, other):
    """`self * other`, element by element."""
    return multiply(self, other)
