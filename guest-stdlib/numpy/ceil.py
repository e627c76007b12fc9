"""`np.ceil` of numbers and arrays: ints stay as they are."""

from intrinsics import f64_ceil
from numpy._apply import each, operand
from numpy._promote import kind_of


def _ceil_of(x):
    return f64_ceil(x)


def ceil(x):
    """Rounded up."""
    a = operand(x, "np.ceil")
    if isinstance(a, ndarray):
        if kind_of(a.dtype) == "f":
            return each(a, _ceil_of, a.dtype)
        return a
    return f64_ceil(float(a))
