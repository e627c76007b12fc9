"""`np.log10` of numbers and arrays."""

from math._log10 import log10_core
from numpy._apply import float_function


def _log10_of(x: float) -> float:
    return log10_core(x)


def log10(x):
    """The decimal logarithm."""
    return float_function(x, "np.log10", _log10_of)
