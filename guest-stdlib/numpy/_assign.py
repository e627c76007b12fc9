"""Assignment of values and arrays to views."""

from core.bulk import copy_bytes
from intrinsics import (
    charge, class_name, ptr_add, ptr_to_int, address, sizeof, static_error, store, load,
)
from numpy._index import item_view, step_of
from numpy._make import empty_array, fill_run
from numpy._promote import kind_of
from numpy._spread import same_shape, spread_view
from numpy.array import array


def assign(view, value):
    """`view[...] = value`."""
    if isinstance(value, (int, float, bool)):
        fill(view, value)
    elif isinstance(value, ndarray):
        assign_array(view, value)
    elif isinstance(value, (list, tuple)):
        assign(view, array(value))
    else:
        static_error("a `", class_name(value), "` cannot be assigned to elements of an array")


def assign_array(view, value):
    """Copies an array's elements to a view, broadcast to its shape. The two may overlap."""
    if len(value.shape) == len(view.shape) and same_shape(value.shape, view.shape):
        if view._steps is None and value._steps is None and view.dtype == value.dtype:
            copy_elements(view, value)
        elif ptr_to_int(address(value._owner)) == ptr_to_int(address(view._owner)):
            copy_elements(view, packed(value))
        else:
            copy_elements(view, value)
    else:
        copy_elements(view, packed(spread_view(value, view.shape)))


def fill(view, value):
    """Sets every element of a view to a value."""
    if view._steps is None:
        fill_run(view, value)
    elif len(view.shape) == 1:
        for i in range(view.shape[0]):
            store(view.dtype, ptr_add(view._data, i * view._steps[0]), value)
    else:
        for i in range(view.shape[0]):
            fill(item_view(view, (i,)), value)


def copy_elements(to, source):
    """Copies elements one by one between arrays of one shape; storages may differ."""
    if to._steps is None and source._steps is None and to.dtype == source.dtype:
        size = to.size * sizeof(to.dtype)
        charge(size >> 6)
        copy_bytes(to._data, source._data, size)
    elif to._steps is None and source._steps is None:
        for i in range(to.size):
            at = ptr_add(source._data, i * sizeof(source.dtype))
            store(to.dtype, ptr_add(to._data, i * sizeof(to.dtype)), load(source.dtype, at))
    elif len(to.shape) == 1:
        step = step_of(to, 0)
        other = step_of(source, 0)
        for i in range(to.shape[0]):
            at = ptr_add(source._data, i * other)
            store(to.dtype, ptr_add(to._data, i * step), load(source.dtype, at))
    else:
        for i in range(to.shape[0]):
            copy_elements(item_view(to, (i,)), item_view(source, (i,)))


def packed(a):
    """A copy without gaps."""
    out = empty_array(a.dtype, a.shape)
    copy_elements(out, a)
    return out


def run(a):
    """The array, or a copy of it if its elements lie with gaps."""
    if a._steps is None:
        return a
    return packed(a)


def assign_in_place(a, result):
    """What `a += b` does with `a + b`: NumPy refuses to store floats in an array of integers."""
    if class_name(a.dtype) != class_name(result.dtype):
        kind = kind_of(a.dtype)
        if kind_of(result.dtype) == "f" and kind != "f":
            static_error(
                "Cannot cast ufunc output from dtype('" + class_name(result.dtype) + "') to dtype('"
                + class_name(a.dtype) + "') with casting rule 'same_kind' | write `a = a + b`"
            )
    assign_array(a, result)
