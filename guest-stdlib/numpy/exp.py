"""`np.exp` of numbers and arrays."""

from math._exp import exp_core
from numpy._apply import float_function


def _exp_of(x: float) -> float:
    return exp_core(x)


def exp(x):
    """e raised to the power of the element."""
    return float_function(x, "np.exp", _exp_of)
