"""`ndarray.__lt__`."""

from numpy._operator import less


def __lt__(self, other):
    """`self < other`, element by element."""
    return less(self, other)
