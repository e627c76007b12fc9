"""`ndarray.__add__`."""

from numpy._operator import add


def __add__(self, other):
    """`self + other`, element by element."""
    return add(self, other)
