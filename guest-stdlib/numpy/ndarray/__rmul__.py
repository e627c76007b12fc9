"""`ndarray.__rmul__`."""

from numpy._operator import multiply


def __rmul__(self, other):
    """`other * self`, element by element."""
    return multiply(other, self)
