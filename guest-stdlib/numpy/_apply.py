"""Functions applied to every element of one or two arrays."""

from intrinsics import class_name, load, ptr_add, sizeof, static_error, store
from numpy._assign import run
from numpy._make import empty_array
from numpy._promote import floating
from numpy._spread import joint_shape, spread_run
from numpy.array import array


def number(x, name):
    """Refuses what is neither an array nor a number."""
    if not isinstance(x, (int, float, bool)):
        static_error("`" + name + "` is not supported for `", class_name(x), "`")


def each(a, op, dtype):
    """A new array with `op(element)` in a storage."""
    a = run(a)
    out = empty_array(dtype, a.shape)
    source = a.dtype
    data = a._data
    result = out._data
    for i in range(a.size):
        store(dtype, ptr_add(result, i * sizeof(dtype)), op(load(source, ptr_add(data, i * sizeof(source)))))
    return out


def each_two(x, y, op, dtype):
    """A new array with `op(element, element)`; one operand may be a number, shapes are broadcast."""
    if not isinstance(y, ndarray):
        a = run(x)
        out = empty_array(dtype, a.shape)
        source = a.dtype
        data = a._data
        result = out._data
        for i in range(a.size):
            store(dtype, ptr_add(result, i * sizeof(dtype)), op(load(source, ptr_add(data, i * sizeof(source))), y))
        return out
    if not isinstance(x, ndarray):
        b = run(y)
        out = empty_array(dtype, b.shape)
        source = b.dtype
        data = b._data
        result = out._data
        for i in range(b.size):
            store(dtype, ptr_add(result, i * sizeof(dtype)), op(x, load(source, ptr_add(data, i * sizeof(source)))))
        return out
    shape = joint_shape(x.shape, y.shape)
    a = spread_run(x, shape)
    b = spread_run(y, shape)
    out = empty_array(dtype, shape)
    left = a.dtype
    right = b.dtype
    first = a._data
    second = b._data
    result = out._data
    for i in range(out.size):
        u = load(left, ptr_add(first, i * sizeof(left)))
        v = load(right, ptr_add(second, i * sizeof(right)))
        store(dtype, ptr_add(result, i * sizeof(dtype)), op(u, v))
    return out


def operand(x, name):
    """An operand as an array or a number."""
    if isinstance(x, ndarray):
        return x
    if isinstance(x, (list, tuple)):
        return array(x)
    number(x, name)
    return x


def float_function(x, name, op):
    """A function from floats to floats, of a number or of each element."""
    a = operand(x, name)
    if isinstance(a, ndarray):
        return each(a, op, floating(a.dtype))
    return op(float(a))
