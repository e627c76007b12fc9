"""`ndarray.__ixor__`: the array keeps its element type."""

from numpy._assign import assign_in_place
from numpy._operator import bit_xor


def __ixor__(self, other):
    """`self ^= other`, element by element, in the array's own memory."""
    assign_in_place(self, bit_xor(self, other))
    return self
