"""`ndarray.__itruediv__`: the array keeps its element type."""

from numpy._assign import assign_in_place
from numpy._operator import divide


def __itruediv__(self, other):
    """`self /= other`, element by element, in the array's own memory."""
    assign_in_place(self, divide(self, other))
    return self
