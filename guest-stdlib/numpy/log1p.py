"""`np.log1p` of numbers and arrays: the C library's, through the host."""

from intrinsics import host_math
from numpy._apply import float_function

_NUMBER = 18  # in the host's table of functions


def _log1p_of(x: float) -> float:
    return host_math(_NUMBER, x, 0.0)


def log1p(x):
    """The function `log1p` of C."""
    return float_function(x, "np.log1p", _log1p_of)
