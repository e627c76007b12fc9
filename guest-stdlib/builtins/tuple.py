"""`tuple(values)`: only of tuples, because the number of items must be known at compile time."""

from builtins._tuple import _tuple


def tuple(values=()):
    """The items as a tuple."""
    return _tuple(values)
