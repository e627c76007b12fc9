"""`np.arcsin` of numbers and arrays."""

from math._asin import asin_core
from numpy._apply import float_function


def _arcsin_of(x: float) -> float:
    return asin_core(x)


def arcsin(x):
    """The arc sine; NaN outside -1..1."""
    return float_function(x, "np.arcsin", _arcsin_of)
