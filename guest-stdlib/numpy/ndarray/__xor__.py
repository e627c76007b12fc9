"""`ndarray.__xor__`."""

from numpy._operator import bit_xor


def __xor__(self, other):
    """`self ^ other`, element by element."""
    return bit_xor(self, other)
