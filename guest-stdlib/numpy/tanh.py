"""`np.tanh` of numbers and arrays."""

from math.tanh import tanh as _tanh
from numpy._apply import float_function


def _tanh_of(x: float) -> float:
    return _tanh(x)


def tanh(x):
    """The hyperbolic tangent."""
    return float_function(x, "np.tanh", _tanh_of)
