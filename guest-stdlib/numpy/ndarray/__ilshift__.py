"""`ndarray.__ilshift__`: the array keeps its element type."""

from numpy._assign import assign_in_place
from numpy._operator import shift_left


def __ilshift__(self, other):
    """`self <<= other`, element by element, in the array's own memory."""
    assign_in_place(self, shift_left(self, other))
    return self
