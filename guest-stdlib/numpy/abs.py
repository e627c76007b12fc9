"""`np.abs` of numbers and arrays."""

from numpy._apply import operand
from numpy._operator import absolute, size_of


def abs(x):
    """The absolute value."""
    a = operand(x, "np.abs")
    if isinstance(a, ndarray):
        return absolute(a)
    return size_of(a)
