"""`np.divide` of numbers and arrays."""

from numpy._operator import divide as _divide, quotient
from numpy.array import array


def divide(x, y):
    """The operator, element by element."""
    if isinstance(x, (int, float, bool)) and isinstance(y, (int, float, bool)):
        return quotient(float(x), float(y))
    return _divide(_operand(x), _operand(y))


def _operand(x):
    if isinstance(x, (list, tuple)):
        return array(x)
    return x
