"""`ndarray.__invert__`."""

from numpy._operator import invert


def __invert__(self):
    """`~self`, element by element."""
    return invert(self)
