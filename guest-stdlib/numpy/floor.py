"""`np.floor` of numbers and arrays: ints stay as they are."""

from intrinsics import f64_floor
from numpy._apply import each, operand
from numpy._promote import kind_of


def _floor_of(x):
    return f64_floor(x)


def floor(x):
    """Rounded down."""
    a = operand(x, "np.floor")
    if isinstance(a, ndarray):
        if kind_of(a.dtype) == "f":
            return each(a, _floor_of, a.dtype)
        return a
    return f64_floor(float(a))
