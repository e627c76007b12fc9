"""`np.expm1` of numbers and arrays: the C library's, through the host."""

from intrinsics import host_math
from numpy._apply import float_function

_NUMBER = 14  # in the host's table of functions


def _expm1_of(x: float) -> float:
    return host_math(_NUMBER, x, 0.0)


def expm1(x):
    """The function `expm1` of C."""
    return float_function(x, "np.expm1", _expm1_of)
