"""`ndarray.__abs__`."""

from numpy._operator import absolute


def __abs__(self):
    """`abs(self)`, element by element."""
    return absolute(self)
