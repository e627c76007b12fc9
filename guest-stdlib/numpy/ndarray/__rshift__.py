"""`ndarray.__rshift__`."""

from numpy._operator import shift_right


def __rshift__(self, other):
    """`self >> other`, element by element."""
    return shift_right(self, other)
