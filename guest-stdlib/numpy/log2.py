"""`np.log2` of numbers and arrays."""

from math._log2 import log2_core
from numpy._apply import float_function


def _log2_of(x: float) -> float:
    return log2_core(x)


def log2(x):
    """The binary logarithm."""
    return float_function(x, "np.log2", _log2_of)
