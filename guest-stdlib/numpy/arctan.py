"""`np.arctan` of numbers and arrays."""

from math._atan import atan_core
from numpy._apply import float_function


def _arctan_of(x: float) -> float:
    return atan_core(x)


def arctan(x):
    """The arc tangent."""
    return float_function(x, "np.arctan", _arctan_of)
