"""`ndarray.__and__`."""

from numpy._operator import bit_and


def __and__(self, other):
    """`self & other`, element by element."""
    return bit_and(self, other)
