"""`ndarray.__rrshift__`."""

from numpy._operator import shift_right


def __rrshift__(self, other):
    """`other >> self`, element by element."""
    return shift_right(other, self)
