"""`np.cbrt` of numbers and arrays."""

from math.cbrt import cbrt as _cbrt
from numpy._apply import float_function


def _cbrt_of(x: float) -> float:
    return _cbrt(x)


def cbrt(x):
    """The cube root."""
    return float_function(x, "np.cbrt", _cbrt_of)
