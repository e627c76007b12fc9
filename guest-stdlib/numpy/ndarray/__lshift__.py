"""`ndarray.__lshift__`."""

from numpy._operator import shift_left


def __lshift__(self, other):
    """`self << other`, element by element."""
    return shift_left(self, other)
