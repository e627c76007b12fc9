"""`np.absolute` of numbers and arrays."""

from numpy._apply import operand
from numpy._operator import absolute as _absolute, size_of


def absolute(x):
    """The absolute value."""
    a = operand(x, "np.absolute")
    if isinstance(a, ndarray):
        return _absolute(a)
    return size_of(a)
