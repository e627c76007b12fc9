"""`xs[i]` and `xs[a:b:c]`."""

from intrinsics import check_index, load, static_error
from types.list._place import place
from types.list._slice import take_slice


def __getitem__(self, index):
    """The element, or a list of those in a slice."""
    if isinstance(index, int):
        i = check_index(index, self.length, "IndexError", "list index out of range")
        return load(self.dtype, place(self, i))
    elif isinstance(index, slice):
        return take_slice(self, index)
    else:
        static_error("list indices must be integers or slices")
