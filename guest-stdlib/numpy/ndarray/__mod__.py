"""`ndarray.__mod__`."""

from numpy._operator import mod


def __mod__(self, other):
    """`self % other`, element by element."""
    return mod(self, other)
