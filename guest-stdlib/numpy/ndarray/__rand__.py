"""`ndarray.__rand__`."""

from numpy._operator import bit_and


def __rand__(self, other):
    """`other & self`, element by element."""
    return bit_and(other, self)
