"""`np.isnan` of numbers and arrays."""

from intrinsics import storage
from numpy._apply import each, operand


def _isnan_of(x):
    return _isnan_float(float(x))


def _isnan_float(x: float) -> bool:
    return x != x


def isnan(x):
    """True for NaN."""
    a = operand(x, "np.isnan")
    if isinstance(a, ndarray):
        return each(a, _isnan_of, storage("bool"))
    return _isnan_of(a)
