"""Reductions of whole arrays. Sums go the way of NumPy, so that the last bit agrees: eight partial
sums over runs of at most 128 elements, halves added pairwise above (`pairwise_sum` in NumPy's loops)."""

from intrinsics import (
    check, class_name, coerce, f64_div, f64_max, f64_min, f64_sqrt, f64x2_add, f64x2_extract, inline, load, noinline,
    ptr_add, simd_load, sizeof, static_error, storage, type_of,
)
from numpy._assign import run
from numpy._index import item_view
from numpy._make import empty_array
from numpy._promote import kind_of
from numpy.array import array

_RUN = 128


def source_array(x, name):
    """The argument of a function of arrays."""
    if isinstance(x, ndarray):
        return run(x)
    if isinstance(x, (list, tuple, range)):
        return array(x)
    static_error("`np." + name + "` is not supported for `", class_name(x), "`")


def pairwise(data, n: int) -> float:
    """Sum of `n` float64 elements."""
    if n < 8:
        total = 0.0
        for i in range(n):
            total += load(storage("float64"), ptr_add(data, i * 8))
        return total
    if n <= _RUN:
        return _run_sum(data, n)
    half = n >> 1
    half = half - (half & 7)
    return pairwise(data, half) + pairwise(ptr_add(data, half * 8), n - half)


@noinline
def _run_sum(data, n: int) -> float:
    a = simd_load(data)
    b = simd_load(ptr_add(data, 16))
    c = simd_load(ptr_add(data, 32))
    d = simd_load(ptr_add(data, 48))
    i = 8
    while i + 8 <= n:
        at = ptr_add(data, i * 8)
        a = f64x2_add(a, simd_load(at))
        b = f64x2_add(b, simd_load(ptr_add(at, 16)))
        c = f64x2_add(c, simd_load(ptr_add(at, 32)))
        d = f64x2_add(d, simd_load(ptr_add(at, 48)))
        i += 8
    total = (_lanes(a) + _lanes(b)) + (_lanes(c) + _lanes(d))
    while i < n:
        total += load(storage("float64"), ptr_add(data, i * 8))
        i += 1
    return total


def _lanes(v):
    return f64x2_extract(v, 0) + f64x2_extract(v, 1)


@noinline
def float_sum(dtype, data, n: int, op, about: float) -> float:
    """Sum of `op(element, about)` of any storage, in NumPy's order."""
    if n <= _RUN:
        return _any_run(dtype, data, n, op, about)
    half = n >> 1
    half = half - (half & 7)
    first = float_sum(dtype, data, half, op, about)
    return first + float_sum(dtype, ptr_add(data, half * sizeof(dtype)), n - half, op, about)


def _any_run(dtype, data, n: int, op, about: float) -> float:
    if n < 8:
        return _tail(dtype, data, 0, n, op, about, 0.0)
    a = _at(dtype, data, 0, op, about)
    b = _at(dtype, data, 1, op, about)
    c = _at(dtype, data, 2, op, about)
    d = _at(dtype, data, 3, op, about)
    e = _at(dtype, data, 4, op, about)
    f = _at(dtype, data, 5, op, about)
    g = _at(dtype, data, 6, op, about)
    h = _at(dtype, data, 7, op, about)
    i = 8
    while i + 8 <= n:
        a += _at(dtype, data, i, op, about)
        b += _at(dtype, data, i + 1, op, about)
        c += _at(dtype, data, i + 2, op, about)
        d += _at(dtype, data, i + 3, op, about)
        e += _at(dtype, data, i + 4, op, about)
        f += _at(dtype, data, i + 5, op, about)
        g += _at(dtype, data, i + 6, op, about)
        h += _at(dtype, data, i + 7, op, about)
        i += 8
    return _tail(dtype, data, i, n, op, about, ((a + b) + (c + d)) + ((e + f) + (g + h)))


def _tail(dtype, data, i: int, n: int, op, about: float, total: float) -> float:
    while i < n:
        total += _at(dtype, data, i, op, about)
        i += 1
    return total


@inline
def _at(dtype, data, i: int, op, about: float) -> float:
    return op(float(load(dtype, ptr_add(data, i * sizeof(dtype)))), about)


def _same(x, about):
    return x


def _deviation(x, about):
    return (x - about) * (x - about)


def total(a):
    """Sum of an array without gaps: an int for ints and bools."""
    if class_name(a.dtype) == "float64":
        return pairwise(a._data, a.size)
    if kind_of(a.dtype) == "f":
        return float_sum(a.dtype, a._data, a.size, _same, 0.0)
    result = 0
    for i in range(a.size):
        result += coerce(int, load(a.dtype, ptr_add(a._data, i * sizeof(a.dtype))))
    return result


def product(a):
    """Product of an array without gaps."""
    if kind_of(a.dtype) == "f":
        result = 1.0
    else:
        result = 1
    for i in range(a.size):
        result *= load(a.dtype, ptr_add(a._data, i * sizeof(a.dtype)))
    return result


def average(a):
    """Mean of an array without gaps; NaN if it is empty."""
    n = float(a.size)
    if class_name(a.dtype) == "float64":
        return f64_div(pairwise(a._data, a.size), n)
    return f64_div(float_sum(a.dtype, a._data, a.size, _same, 0.0), n)


def variance(a, ddof):
    """Mean squared deviation from the mean, over `n - ddof`."""
    mean = average(a)
    degrees = coerce(float, a.size - ddof)
    if degrees < 0.0:
        degrees = 0.0
    return f64_div(float_sum(a.dtype, a._data, a.size, _deviation, mean), degrees)


@inline
def least_of(x, y):
    """The lesser; NaN if one is NaN."""
    if isinstance(x, float):
        return f64_min(x, y)
    if y < x:
        return y
    return x


@inline
def greatest_of(x, y):
    """The greater; NaN if one is NaN."""
    if isinstance(x, float):
        return f64_max(x, y)
    if y > x:
        return y
    return x


def extreme(a, op, name):
    """Least or greatest element."""
    n = a.size
    check(n > 0, "ValueError", "zero-size array to reduction operation " + name + " which has no identity")
    best = load(a.dtype, a._data)
    for i in range(1, n):
        best = op(best, load(a.dtype, ptr_add(a._data, i * sizeof(a.dtype))))
    return best


def position_of(a, op, name):
    """Place of the first least or greatest element, or of the first NaN."""
    n = a.size
    check(n > 0, "ValueError", "attempt to get " + name + " of an empty sequence")
    best = load(a.dtype, a._data)
    at = 0
    for i in range(1, n):
        x = load(a.dtype, ptr_add(a._data, i * sizeof(a.dtype)))
        if op(x, best) or (x != x and best == best):
            if best == best:
                best = x
                at = i
    return at


def any_true(a):
    """True if some element is not zero."""
    for i in range(a.size):
        if load(a.dtype, ptr_add(a._data, i * sizeof(a.dtype))):
            return True
    return False


def all_true(a):
    """True if no element is zero."""
    for i in range(a.size):
        if not load(a.dtype, ptr_add(a._data, i * sizeof(a.dtype))):
            return False
    return True


def along(a, axis: static, op, name):
    """A reduction of each row (axis 1) or column (axis 0) of an array of two axes."""
    if len(a.shape) != 2:
        static_error("`axis` is only supported for arrays of two axes")
    if axis == 0 or axis == -2:
        return _rows(a.T, op)
    if axis == 1 or axis == -1:
        return _rows(a, op)
    static_error("axis is out of bounds for an array of dimension 2")


def _rows(a, op):
    n = a.shape[0]
    out = empty_array(storage(type_of(op(run(item_view(a, (0,)))))), (n,))
    for i in range(n):
        out[i] = op(run(item_view(a, (i,))))
    return out
