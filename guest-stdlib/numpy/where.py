"""`np.where` with three arguments, and of a condition of one axis alone."""

from intrinsics import load, ptr_add, sizeof, storage, store
from numpy._apply import operand
from numpy._assign import run
from numpy._make import empty_array
from numpy._promote import joint_type
from numpy._spread import joint_shape, spread_run


def where(condition, x=None, y=None):
    """Elements of `x` where the condition holds, of `y` elsewhere."""
    if x is None:
        return (_places(run(condition)),)
    a = operand(x, "np.where")
    b = operand(y, "np.where")
    if not isinstance(condition, ndarray):
        if condition:
            return a
        return b
    shape = condition.shape
    if isinstance(a, ndarray):
        shape = joint_shape(shape, a.shape)
    if isinstance(b, ndarray):
        shape = joint_shape(shape, b.shape)
    mask = spread_run(condition, shape)
    out = empty_array(_type(a, b), shape)
    dtype = out.dtype
    left = _source(a, shape)
    right = _source(b, shape)
    for i in range(out.size):
        if load(mask.dtype, ptr_add(mask._data, i * sizeof(mask.dtype))):
            store(dtype, ptr_add(out._data, i * sizeof(dtype)), _get(left, i))
        else:
            store(dtype, ptr_add(out._data, i * sizeof(dtype)), _get(right, i))
    return out


def _type(a, b):
    if isinstance(a, ndarray) or isinstance(b, ndarray):
        return joint_type(a, b)
    if isinstance(a, float) or isinstance(b, float):
        return storage("float64")
    if isinstance(a, bool) and isinstance(b, bool):
        return storage("bool")
    return storage("int64")


def _source(a, shape):
    if isinstance(a, ndarray):
        return spread_run(a, shape)
    return a


def _get(a, i: int):
    if isinstance(a, ndarray):
        return load(a.dtype, ptr_add(a._data, i * sizeof(a.dtype)))
    return a


def _places(mask):
    n = mask.size
    count = 0
    for i in range(n):
        if load(mask.dtype, ptr_add(mask._data, i * sizeof(mask.dtype))):
            count += 1
    out = empty_array(storage("int64"), (count,))
    k = 0
    for i in range(n):
        if load(mask.dtype, ptr_add(mask._data, i * sizeof(mask.dtype))):
            store(out.dtype, ptr_add(out._data, k * 8), i)
            k += 1
    return out
