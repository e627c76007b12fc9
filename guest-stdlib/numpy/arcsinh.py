"""`np.arcsinh` of numbers and arrays: the C library's, through the host."""

from intrinsics import host_math
from numpy._apply import float_function

_NUMBER = 10  # in the host's table of functions


def _arcsinh_of(x: float) -> float:
    return host_math(_NUMBER, x, 0.0)


def arcsinh(x):
    """The function `asinh` of C."""
    return float_function(x, "np.arcsinh", _arcsinh_of)
