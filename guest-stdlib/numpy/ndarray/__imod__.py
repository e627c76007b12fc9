"""`ndarray.__imod__`: the array keeps its element type."""

from numpy._assign import assign_in_place
from numpy._operator import mod


def __imod__(self, other):
    """`self %= other`, element by element, in the array's own memory."""
    assign_in_place(self, mod(self, other))
    return self
