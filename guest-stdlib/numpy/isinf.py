"""`np.isinf` of numbers and arrays."""

from intrinsics import f64_abs, f64_from_bits, storage
from numpy._apply import each, operand


def _isinf_of(x):
    return _isinf_float(float(x))


def _isinf_float(x: float) -> bool:
    return f64_abs(x) == f64_from_bits(0x7FF0000000000000)


def isinf(x):
    """True for infinities."""
    a = operand(x, "np.isinf")
    if isinstance(a, ndarray):
        return each(a, _isinf_of, storage("bool"))
    return _isinf_of(a)
