"""`np.signbit` of numbers and arrays."""

from intrinsics import f64_bits, storage
from numpy._apply import each, operand


def _signbit_of(x):
    return _signbit_float(float(x))


def _signbit_float(x: float) -> bool:
    return f64_bits(x) < 0


def signbit(x):
    """True for negative numbers, -0.0 included."""
    a = operand(x, "np.signbit")
    if isinstance(a, ndarray):
        return each(a, _signbit_of, storage("bool"))
    return _signbit_of(a)
