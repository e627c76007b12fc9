"""`ndarray.item`, without arguments."""

from intrinsics import check, load
from numpy._assign import run


def item(self):
    """The element of an array that has one."""
    check(self.size == 1, "ValueError", "can only convert an array of size 1 to a Python scalar")
    a = run(self)
    return load(a.dtype, a._data)
