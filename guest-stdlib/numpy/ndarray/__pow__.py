"""`ndarray.__pow__`."""

from numpy._operator import raise_to


def __pow__(self, other):
    """`self ** other`, element by element."""
    return raise_to(self, other)
