"""`ndarray.__neg__`."""

from numpy._operator import negative


def __neg__(self):
    """`-self`, element by element."""
    return negative(self)
