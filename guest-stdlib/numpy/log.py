"""`np.log` of numbers and arrays."""

from math._log import log_core
from numpy._apply import float_function


def _log_of(x: float) -> float:
    return log_core(x)


def log(x):
    """The natural logarithm; minus infinity for 0, NaN for negative numbers."""
    return float_function(x, "np.log", _log_of)
