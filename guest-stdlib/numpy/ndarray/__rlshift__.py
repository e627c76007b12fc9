"""`ndarray.__rlshift__`."""

from numpy._operator import shift_left


def __rlshift__(self, other):
    """`other << self`, element by element."""
    return shift_left(other, self)
