"""`t[i]` with an index that is not a constant, and slices with constant bounds. The items must go
together in one type."""

from intrinsics import check_index, is_static, static_error, static_range


def __getitem__(self, index: static):
    """The item at a position."""
    if isinstance(index, slice):
        return take_slice(self, index)
    elif isinstance(index, int):
        i = check_index(index, len(self), "IndexError", "tuple index out of range")
        return pick(self, i, 0)
    else:
        static_error("tuple indices must be integers or slices")


def pick(t, i: int, k: static):
    """Item `i`, which is `k` or behind it."""
    if k + 1 >= len(t):
        return t[k]
    else:
        if i == k:
            return t[k]
        return pick(t, i, k + 1)


def take_slice(t, part):
    """The items of a slice."""
    if not (is_static(part)):
        static_error("the bounds of a tuple's slice must be constants")
    start, step, size = part.count(len(t))
    out = ()
    for k in static_range(size):
        out = out + (t[start + k * step],)
    return out
