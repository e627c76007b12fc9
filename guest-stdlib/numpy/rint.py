"""`np.rint` of numbers and arrays: ints stay as they are."""

from intrinsics import f64_nearest
from numpy._apply import each, operand
from numpy._promote import kind_of


def _rint_of(x):
    return f64_nearest(x)


def rint(x):
    """Rounded to the nearest, ties to even."""
    a = operand(x, "np.rint")
    if isinstance(a, ndarray):
        if kind_of(a.dtype) == "f":
            return each(a, _rint_of, a.dtype)
        return a
    return f64_nearest(float(a))
