"""`ndarray.__rfloordiv__`."""

from numpy._operator import floor_divide


def __rfloordiv__(self, other):
    """`other // self`, element by element."""
    return floor_divide(other, self)
