"""`np.sin` of numbers and arrays."""

from math._sin import sin_core
from numpy._apply import float_function


def _sin_of(x: float) -> float:
    return sin_core(x)


def sin(x):
    """The sine."""
    return float_function(x, "np.sin", _sin_of)
