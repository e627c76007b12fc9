"""`ndarray.__ior__`: the array keeps its element type."""

from numpy._assign import assign_in_place
from numpy._operator import bit_or


def __ior__(self, other):
    """`self |= other`, element by element, in the array's own memory."""
    assign_in_place(self, bit_or(self, other))
    return self
