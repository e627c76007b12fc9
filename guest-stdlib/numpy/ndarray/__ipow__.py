"""`ndarray.__ipow__`: the array keeps its element type."""

from numpy._assign import assign_in_place
from numpy._operator import raise_to


def __ipow__(self, other):
    """`self **= other`, element by element, in the array's own memory."""
    assign_in_place(self, raise_to(self, other))
    return self
