"""`np.arccos` of numbers and arrays."""

from math._asin import acos_core
from numpy._apply import float_function


def _arccos_of(x: float) -> float:
    return acos_core(x)


def arccos(x):
    """The arc cosine; NaN outside -1..1."""
    return float_function(x, "np.arccos", _arccos_of)
