"""`ndarray.__radd__`."""

from numpy._operator import add


def __radd__(self, other):
    """`other + self`, element by element."""
    return add(other, self)
