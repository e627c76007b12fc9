"""Indexing with arrays: by a mask of bools, by an array or list of ints."""

from intrinsics import check, check_index, class_name, load, ptr_add, sizeof, static_error, static_range, static_str, store
from numpy._assign import copy_elements, run
from numpy._index import item_view
from numpy._make import empty_array
from numpy._spread import same_shape
from numpy.array import array


def take_index(a, index):
    """`a[index]` for an array or list."""
    if isinstance(index, list):
        return take_index(a, array(index))
    if not isinstance(index, ndarray):
        static_error("an array cannot be indexed with `", class_name(index), "`")
    if class_name(index.dtype) == "bool":
        return take_mask(a, index)
    return take_positions(a, index)


def take_mask(a, mask):
    """The elements (or rows) where the mask is true."""
    check_mask(a, mask)
    mask = run(mask)
    n = mask.size
    count = 0
    for i in range(n):
        if load(mask.dtype, ptr_add(mask._data, i)):
            count += 1
    if len(mask.shape) == len(a.shape):
        a = run(a)
        out = empty_array(a.dtype, (count,))
        size = sizeof(a.dtype)
        k = 0
        for i in range(n):
            if load(mask.dtype, ptr_add(mask._data, i)):
                store(a.dtype, ptr_add(out._data, k * size), load(a.dtype, ptr_add(a._data, i * size)))
                k += 1
        return out
    shape = (count,)
    for axis in static_range(len(a.shape)):
        if axis > 0:
            shape = shape + (a.shape[axis],)
    rows = empty_array(a.dtype, shape)
    k = 0
    for i in range(n):
        if load(mask.dtype, ptr_add(mask._data, i)):
            copy_elements(item_view(rows, (k,)), item_view(a, (i,)))
            k += 1
    return rows


def check_mask(a, mask):
    """Raises IndexError unless the mask has the shape of the array's first axes."""
    for axis in static_range(len(mask.shape)):
        check(
            mask.shape[axis] == a.shape[axis],
            "IndexError",
            "boolean index did not match indexed array along axis " + static_str(axis) + "; size of axis is {0}"
            + " but size of corresponding boolean axis is {1}",
            a.shape[axis],
            mask.shape[axis],
        )


def take_positions(a, index):
    """The elements (or rows) at positions."""
    index = run(index)
    step = sizeof(index.dtype)
    n = index.size
    if len(a.shape) == 1:
        a = run(a)
        out = empty_array(a.dtype, index.shape)
        size = sizeof(a.dtype)
        for i in range(n):
            at = position(a, load(index.dtype, ptr_add(index._data, i * step)))
            store(a.dtype, ptr_add(out._data, i * size), load(a.dtype, ptr_add(a._data, at * size)))
        return out
    shape = (n,)
    for axis in static_range(len(a.shape)):
        if axis > 0:
            shape = shape + (a.shape[axis],)
    rows = empty_array(a.dtype, shape)
    for i in range(n):
        at = position(a, load(index.dtype, ptr_add(index._data, i * step)))
        copy_elements(item_view(rows, (i,)), item_view(a, (at,)))
    return rows


def position(a, i: int) -> int:
    """A position on the first axis, counted from 0."""
    return check_index(i, a.shape[0], "IndexError", "index {0} is out of bounds for axis 0 with size {1}")


def put_mask(a, index, value):
    """`a[index] = value` for an array or list."""
    if isinstance(index, list):
        put_mask(a, array(index), value)
    elif not isinstance(index, ndarray):
        static_error("an array cannot be indexed with `", class_name(index), "`")
    elif isinstance(value, ndarray):
        put_array(a, index, value)
    elif class_name(index.dtype) == "bool":
        check_mask(a, index)
        mask = run(index)
        for i in range(mask.size):
            if load(mask.dtype, ptr_add(mask._data, i)):
                put(a, mask.shape, i, value)
    else:
        index = run(index)
        for i in range(index.size):
            a[load(index.dtype, ptr_add(index._data, i * sizeof(index.dtype)))] = value


def put(a, shape, i: int, value):
    """Sets element number `i` in the order of a mask of the given shape."""
    if len(shape) == 1:
        a[i] = value
    else:
        a[i // shape[1], i % shape[1]] = value


def put_array(a, index, value):
    """One value after the other to the chosen places."""
    if class_name(index.dtype) == "bool":
        check_mask(a, index)
        mask = run(index)
        k = 0
        for i in range(mask.size):
            if load(mask.dtype, ptr_add(mask._data, i)):
                put(a, mask.shape, i, value[k])
                k += 1
    else:
        for i in range(len(index)):
            a[index[i]] = value[i]
