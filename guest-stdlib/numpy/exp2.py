"""`np.exp2` of numbers and arrays."""

from math._exp import exp2_core
from numpy._apply import float_function


def _exp2_of(x: float) -> float:
    return exp2_core(x)


def exp2(x):
    """2 raised to the power of the element."""
    return float_function(x, "np.exp2", _exp2_of)
