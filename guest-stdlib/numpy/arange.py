"""`np.arange`."""

from intrinsics import check, f64_ceil, f64_div, f64_to_int, ptr_add, storage, store
from numpy._make import empty_array


def arange(start, stop=None, step=1, dtype=None):
    """Values from `start` on (0 if left out) in steps, below `stop`."""
    if stop is None:
        return _arange(0, start, step, dtype)
    return _arange(start, stop, step, dtype)


def _arange(start, stop, step, dtype):
    if isinstance(start, float) or isinstance(stop, float) or isinstance(step, float):
        return _convert(_floats(float(start), float(stop), float(step)), dtype)
    return _convert(_ints(int(start), int(stop), int(step)), dtype)


def _convert(a, dtype):
    if dtype is None or a.dtype == storage(dtype):
        return a
    return a.astype(dtype)


def _ints(start: int, stop: int, step: int):
    check(step != 0, "ZeroDivisionError", "division by zero")
    if step > 0:
        length = (stop - start + step - 1) // step
    else:
        length = (start - stop - step - 1) // (0 - step)
    if length < 0:
        length = 0
    out = empty_array(storage("int64"), (length,))
    for i in range(length):
        store(out.dtype, ptr_add(out._data, i * 8), start + i * step)
    return out


def _floats(start: float, stop: float, step: float):
    check(step != 0.0, "ZeroDivisionError", "float division by zero")
    size = f64_ceil(f64_div(stop - start, step))
    check(size == size and size < 9e18, "ValueError", "Maximum allowed size exceeded")
    length = f64_to_int(size)
    if length < 0:
        length = 0
    out = empty_array(storage("float64"), (length,))
    # As NumPy does: the step is the difference of the first two values.
    delta = start + step - start
    for i in range(length):
        store(out.dtype, ptr_add(out._data, i * 8), start + i * delta)
    return out
