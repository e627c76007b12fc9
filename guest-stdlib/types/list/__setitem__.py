"""`xs[i] = x`. Differs from Python: slices cannot be assigned."""

from intrinsics import check_index, coerce, drop_at, static_error, store
from types.list._place import place


def __setitem__(self, index, x):
    """Replaces an element."""
    if not isinstance(index, int):
        static_error("only single elements of a list can be assigned")
    T = self.dtype
    value = coerce(T, x)
    i = check_index(index, self.length, "IndexError", "list assignment index out of range")
    drop_at(T, place(self, i), 1)
    store(T, place(self, i), value)
