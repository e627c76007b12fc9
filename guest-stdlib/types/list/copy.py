"""`xs.copy()`."""

from types.list._slice import copy_range


def copy(self):
    """A new list with the same elements."""
    return copy_range(self, 0, self.length)
