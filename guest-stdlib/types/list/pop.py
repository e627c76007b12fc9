"""`xs.pop()` and `xs.pop(i)`."""

from core.bulk import copy_bytes
from intrinsics import check, check_index, drop_at, load, sizeof
from types.list._place import place


def pop(self, index=-1):
    """Removes an element and returns it."""
    T = self.dtype
    n = self.length
    check(n > 0, "IndexError", "pop from empty list")
    i = check_index(index, n, "IndexError", "pop index out of range")
    value = load(T, place(self, i))
    drop_at(T, place(self, i), 1)
    if i < n - 1:
        copy_bytes(place(self, i), place(self, i + 1), (n - 1 - i) * sizeof(T))
    self.length = n - 1
    return value
