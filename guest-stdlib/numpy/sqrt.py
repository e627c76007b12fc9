"""`np.sqrt` of numbers and arrays."""

from intrinsics import f64_sqrt
from numpy._apply import float_function


def _sqrt_of(x: float) -> float:
    return f64_sqrt(x)


def sqrt(x):
    """The square root; NaN for negative numbers."""
    return float_function(x, "np.sqrt", _sqrt_of)
