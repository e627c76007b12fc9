"""`xs.reverse()`."""

from types.list._sort import swap_all


def reverse(self):
    """Turns the order around, in place."""
    swap_all(self)
