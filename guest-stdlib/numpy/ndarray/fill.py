"""`ndarray.fill`."""

from numpy._assign import fill as _fill


def fill(self, value):
    """Sets every element."""
    _fill(self, value)
