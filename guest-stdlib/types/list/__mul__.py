"""`xs * n`."""

from intrinsics import noinline, static_error
from types.list._new import new_list
from types.list._slice import put_range


@noinline
def repeat(self, n: int):
    """A new list of `n` times the elements."""
    if n < 0:
        n = 0
    out = new_list(self.dtype, self.length * n)
    for _ in range(n):
        put_range(out, self, 0, self.length)
    return out


def __mul__(self, n):
    """The elements `n` times over."""
    if not isinstance(n, int):
        static_error("can't multiply sequence by non-int")
    return repeat(self, int(n))
