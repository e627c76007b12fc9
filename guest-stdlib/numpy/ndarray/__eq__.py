"""`ndarray.__eq__`."""

from numpy._operator import equal


def __eq__(self, other):
    """`self == other`, element by element."""
    return equal(self, other)
