"""`np.logical_and` of numbers and arrays."""

from intrinsics import storage
from numpy._apply import each_two, operand


def _both(x, y):
    return bool(x) and bool(y)


def logical_and(x, y):
    """True where both are not zero."""
    a = operand(x, "np.logical_and")
    b = operand(y, "np.logical_and")
    if isinstance(a, ndarray) or isinstance(b, ndarray):
        return each_two(a, b, _both, storage("bool"))
    return _both(a, b)
