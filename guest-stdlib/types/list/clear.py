"""`xs.clear()`."""

from intrinsics import drop_at
from types.list._place import place


def clear(self):
    """Removes every element."""
    n = self.length
    self.length = 0
    drop_at(self.dtype, place(self, 0), n)
