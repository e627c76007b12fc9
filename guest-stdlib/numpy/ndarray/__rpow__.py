"""`ndarray.__rpow__`."""

from numpy._operator import raise_to


def __rpow__(self, other):
    """`other ** self`, element by element."""
    return raise_to(other, self)
