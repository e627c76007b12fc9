"""`np.isfinite` of numbers and arrays."""

from intrinsics import f64_abs, f64_from_bits, storage
from numpy._apply import each, operand


def _isfinite_of(x):
    return _isfinite_float(float(x))


def _isfinite_float(x: float) -> bool:
    return f64_abs(x) < f64_from_bits(0x7FF0000000000000)


def isfinite(x):
    """True for numbers that are neither NaN nor infinite."""
    a = operand(x, "np.isfinite")
    if isinstance(a, ndarray):
        return each(a, _isfinite_of, storage("bool"))
    return _isfinite_of(a)
