"""`ndarray.__iadd__`: the array keeps its element type."""

from numpy._assign import assign_in_place
from numpy._operator import add


def __iadd__(self, other):
    """`self += other`, element by element, in the array's own memory."""
    assign_in_place(self, add(self, other))
    return self
