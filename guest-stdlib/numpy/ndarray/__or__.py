"""`ndarray.__or__`."""

from numpy._operator import bit_or


def __or__(self, other):
    """`self | other`, element by element."""
    return bit_or(self, other)
