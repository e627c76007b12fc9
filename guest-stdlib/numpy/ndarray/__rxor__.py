"""`ndarray.__rxor__`."""

from numpy._operator import bit_xor


def __rxor__(self, other):
    """`other ^ self`, element by element."""
    return bit_xor(other, self)
