"""`np.cos` of numbers and arrays."""

from math._cos import cos_core
from numpy._apply import float_function


def _cos_of(x: float) -> float:
    return cos_core(x)


def cos(x):
    """The cosine."""
    return float_function(x, "np.cos", _cos_of)
