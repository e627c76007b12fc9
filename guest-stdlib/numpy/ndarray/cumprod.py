"""`ndarray.cumprod` of the whole array."""

from intrinsics import load, ptr_add, sizeof, storage, store
from numpy._assign import run
from numpy._make import empty_array
from numpy._promote import kind_of


def _kind(value):
    if isinstance(value, float):
        return storage("float64")
    return storage("int64")


def cumprod(self):
    """Running products of the elements on one axis."""
    a = run(self)
    if kind_of(a.dtype) == "f":
        total = 1.0
    else:
        total = 1
    out = empty_array(_kind(total), (a.size,))
    for i in range(a.size):
        total *= load(a.dtype, ptr_add(a._data, i * sizeof(a.dtype)))
        store(out.dtype, ptr_add(out._data, i * 8), total)
    return out
