"""`np.trunc` of numbers and arrays: ints stay as they are."""

from intrinsics import f64_trunc
from numpy._apply import each, operand
from numpy._promote import kind_of


def _trunc_of(x):
    return f64_trunc(x)


def trunc(x):
    """Rounded towards zero."""
    a = operand(x, "np.trunc")
    if isinstance(a, ndarray):
        if kind_of(a.dtype) == "f":
            return each(a, _trunc_of, a.dtype)
        return a
    return f64_trunc(float(a))
