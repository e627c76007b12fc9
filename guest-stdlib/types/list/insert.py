"""`xs.insert(i, x)`."""

from core.bulk import copy_bytes
from intrinsics import charge, coerce, sizeof, store
from types.list._grow import reserve
from types.list._place import place


def insert(self, index, x):
    """Puts an element before position `index`, which is brought into the list if outside."""
    T = self.dtype
    value = coerce(T, x)
    n = self.length
    i = int(index)
    if i < 0:
        i += n
        if i < 0:
            i = 0
    if i > n:
        i = n
    reserve(self, n + 1)
    size = (n - i) * sizeof(T)
    charge(size >> 6)
    copy_bytes(place(self, i + 1), place(self, i), size)
    store(T, place(self, i), value)
    self.length = n + 1
