"""`ndarray.__irshift__`: the array keeps its element type."""

from numpy._assign import assign_in_place
from numpy._operator import shift_right


def __irshift__(self, other):
    """`self >>= other`, element by element, in the array's own memory."""
    assign_in_place(self, shift_right(self, other))
    return self
