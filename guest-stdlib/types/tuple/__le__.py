"""`a <= b` for tuples."""

from types.tuple._order import order_from


def __le__(self, other):
    """Compares item by item, then by length."""
    return order_from(self, other, 0) <= 0
