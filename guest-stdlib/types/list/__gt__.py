"""`xs > ys`."""

from types.list._order import order


def __gt__(self, other):
    """Compares element by element, then by length."""
    return order(self, other) > 0
