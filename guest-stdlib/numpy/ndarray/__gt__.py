"""`ndarray.__gt__`."""

from numpy._operator import greater


def __gt__(self, other):
    """`self > other`, element by element."""
    return greater(self, other)
