"""`ndarray.__ifloordiv__`: the array keeps its element type."""

from numpy._assign import assign_in_place
from numpy._operator import floor_divide


def __ifloordiv__(self, other):
    """`self //= other`, element by element, in the array's own memory."""
    assign_in_place(self, floor_divide(self, other))
    return self
