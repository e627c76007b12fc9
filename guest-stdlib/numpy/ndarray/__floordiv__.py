"""`ndarray.__floordiv__`."""

from numpy._operator import floor_divide


def __floordiv__(self, other):
    """`self // other`, element by element."""
    return floor_divide(self, other)
