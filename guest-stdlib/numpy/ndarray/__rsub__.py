"""`ndarray.__rsub__`."""

from numpy._operator import subtract


def __rsub__(self, other):
    """`other - self`, element by element."""
    return subtract(other, self)
