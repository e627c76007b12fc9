"""`ndarray.__isub__`: the array keeps its element type."""

from numpy._assign import assign_in_place
from numpy._operator import subtract


def __isub__(self, other):
    """`self -= other`, element by element, in the array's own memory."""
    assign_in_place(self, subtract(self, other))
    return self
