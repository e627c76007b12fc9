"""`ndarray.copy`."""

from numpy._assign import packed


def copy(self):
    """A new array with the same elements, without gaps."""
    return packed(self)
