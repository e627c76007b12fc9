"""`xs + ys`."""

from intrinsics import static_error, unify
from types.list._new import new_list


def __add__(self, other):
    """A new list with the elements of both."""
    if not isinstance(other, list):
        static_error("can only concatenate list to list")
    out = new_list(unify(self.dtype, other.dtype), self.length + other.length)
    out.extend(self)
    out.extend(other)
    return out
