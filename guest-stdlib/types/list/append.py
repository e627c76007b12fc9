"""`xs.append(x)`."""

from intrinsics import coerce, store
from types.list._grow import grow
from types.list._place import place


def append(self, x):
    """Adds an element at the end."""
    T = self.dtype
    value = coerce(T, x)
    n = self.length
    if n == self.capacity:
        grow(self, n + 1)
    store(T, place(self, n), value)
    self.length = n + 1
