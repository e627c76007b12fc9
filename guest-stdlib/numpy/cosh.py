"""`np.cosh` of numbers and arrays: the C library's, through the host."""

from intrinsics import host_math
from numpy._apply import float_function

_NUMBER = 8  # in the host's table of functions


def _cosh_of(x: float) -> float:
    return host_math(_NUMBER, x, 0.0)


def cosh(x):
    """The function `cosh` of C."""
    return float_function(x, "np.cosh", _cosh_of)
