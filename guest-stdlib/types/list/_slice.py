"""Parts and copies of lists."""

from core.bulk import copy_bytes
from intrinsics import charge, has_refs, load, noinline, sizeof, store
from types.list._new import new_list
from types.list._place import place


def take_slice(self, part):
    """A new list of the elements of a slice."""
    start, step, size = part.count(self.length)
    if step == 1:
        return copy_range(self, start, size)
    else:
        return copy_steps(self, start, step, size)


@noinline
def copy_range(self, start: int, size: int):
    """A new list of `size` elements from `start` on."""
    out = new_list(self.dtype, size)
    put_range(out, self, start, size)
    return out


def put_range(out, source, start: int, size: int):
    """Appends elements of `source`, of the same type, to a list with room for them."""
    T = source.dtype
    n = out.length
    if has_refs(T):
        for i in range(size):
            store(T, place(out, n + i), load(T, place(source, start + i)))
    else:
        bytes = size * sizeof(T)
        charge(bytes >> 6)
        copy_bytes(place(out, n), place(source, start), bytes)
    out.length = n + size


@noinline
def copy_steps(self, start: int, step: int, size: int):
    """A new list of every `step`th element."""
    T = self.dtype
    out = new_list(T, size)
    for i in range(size):
        store(T, place(out, i), load(T, place(self, start + i * step)))
    out.length = size
    return out
