"""New arrays: memory for a shape, filled or not."""

from core.memory import HEAP_TOP, alloc
from core.bulk import fill_bytes
from intrinsics import (
    as_block, charge, check, coerce, int_to_ptr, load, noinline, ptr_add, ptr_to_int, sizeof, static_error,
    storage, store,
)
from numpy.ndarray.type import ndarray

_LIMIT = 4000000000


def element(dtype, default):
    """The storage that a `dtype=` argument names, or the default for None."""
    if dtype is None:
        return storage(default)
    return storage(dtype)


def shape_of(shape):
    """A shape argument as a tuple of ints."""
    if isinstance(shape, tuple):
        out = ()
        for length in shape:
            out = out + (coerce(int, length),)
        return out
    if isinstance(shape, int):
        return (coerce(int, shape),)
    static_error("a shape is an int or a tuple of ints")


def count(shape):
    """Number of elements; raises ValueError for negative lengths and MemoryError for absurd ones."""
    total = 1
    for length in shape:
        check(length >= 0, "ValueError", "negative dimensions are not allowed")
        check(length <= _LIMIT, "MemoryError", "the array is too large")
        total = total * length
        check(total >= 0 and total <= _LIMIT, "MemoryError", "the array is too large")
    return total


def empty_array(dtype, shape):
    """An array of a storage and a tuple of ints; the elements are whatever lay there."""
    block = alloc(count(shape) * sizeof(dtype))
    return ndarray(dtype, as_block(block), ptr_add(block, 16), shape, None)


def zero_array(dtype, shape):
    """An array of zeros."""
    size = count(shape) * sizeof(dtype)
    block = alloc_zeros(size)
    return ndarray(dtype, as_block(block), ptr_add(block, 16), shape, None)


@noinline
def alloc_zeros(size: int):
    """A new block with a payload of zeros. Memory that was never used is zero already."""
    unused = load(storage("uint32"), int_to_ptr(HEAP_TOP))
    block = alloc(size)
    if ptr_to_int(block) < unused:
        charge(size >> 6)
        fill_bytes(ptr_add(block, 16), 0, size)
    return block


def filled_array(dtype, shape, value):
    """An array with every element set to a value."""
    out = empty_array(dtype, shape)
    fill_run(out, value)
    return out


def fill_run(a, value):
    """Sets every element of an array without gaps."""
    dtype = a.dtype
    data = a._data
    n = a.size
    if sizeof(dtype) == 1 and isinstance(value, bool):
        charge(n >> 6)
        fill_bytes(data, coerce(int, value), n)
    else:
        for i in range(n):
            store(dtype, ptr_add(data, i * sizeof(dtype)), value)
