"""`ndarray.__ror__`."""

from numpy._operator import bit_or


def __ror__(self, other):
    """`other | self`, element by element."""
    return bit_or(other, self)
