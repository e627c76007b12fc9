"""`ndarray.__rmod__`."""

from numpy._operator import mod


def __rmod__(self, other):
    """`other % self`, element by element."""
    return mod(other, self)
