"""`np.logical_or` of numbers and arrays."""

from intrinsics import storage
from numpy._apply import each_two, operand


def _either(x, y):
    return bool(x) or bool(y)


def logical_or(x, y):
    """True where one is not zero."""
    a = operand(x, "np.logical_or")
    b = operand(y, "np.logical_or")
    if isinstance(a, ndarray) or isinstance(b, ndarray):
        return each_two(a, b, _either, storage("bool"))
    return _either(a, b)
