"""`xs *= n`."""

from types.list._grow import reserve
from types.list._slice import put_range


def __imul__(self, n):
    """Repeats the elements in place."""
    size = self.length
    if n <= 0:
        self.clear()
    else:
        reserve(self, size * n)
        for _ in range(n - 1):
            put_range(self, self, 0, size)
    return self
