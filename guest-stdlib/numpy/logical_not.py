"""`np.logical_not` of numbers and arrays."""

from intrinsics import storage
from numpy._apply import each, operand


def _none(x):
    return not x


def logical_not(x):
    """True where the element is zero."""
    a = operand(x, "np.logical_not")
    if isinstance(a, ndarray):
        return each(a, _none, storage("bool"))
    return not a
