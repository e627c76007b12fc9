"""`np.tan` of numbers and arrays."""

from math._tan import tan_core
from numpy._apply import float_function


def _tan_of(x: float) -> float:
    return tan_core(x)


def tan(x):
    """The tangent."""
    return float_function(x, "np.tan", _tan_of)
