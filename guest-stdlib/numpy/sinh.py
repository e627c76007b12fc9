"""`np.sinh` of numbers and arrays: the C library's, through the host."""

from intrinsics import host_math
from numpy._apply import float_function

_NUMBER = 7  # in the host's table of functions


def _sinh_of(x: float) -> float:
    return host_math(_NUMBER, x, 0.0)


def sinh(x):
    """The function `sinh` of C."""
    return float_function(x, "np.sinh", _sinh_of)
