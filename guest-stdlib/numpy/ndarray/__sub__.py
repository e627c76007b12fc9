"""`ndarray.__sub__`."""

from numpy._operator import subtract


def __sub__(self, other):
    """`self - other`, element by element."""
    return subtract(self, other)
