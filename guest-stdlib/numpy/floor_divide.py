"""`np.floor_divide` of numbers and arrays."""

from numpy._operator import floor_divide as _floor_divide, floor_quotient
from numpy.array import array


def floor_divide(x, y):
    """The operator, element by element."""
    if isinstance(x, (int, float, bool)) and isinstance(y, (int, float, bool)):
        return floor_quotient(x, y)
    return _floor_divide(_operand(x), _operand(y))


def _operand(x):
    if isinstance(x, (list, tuple)):
        return array(x)
    return x
