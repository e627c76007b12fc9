"""`np.greater` of numbers and arrays."""

from numpy._operator import greater as _greater
from numpy.array import array


def greater(x, y):
    """The operator, element by element."""
    if isinstance(x, (int, float, bool)) and isinstance(y, (int, float, bool)):
        return x > y
    return _greater(_operand(x), _operand(y))


def _operand(x):
    if isinstance(x, (list, tuple)):
        return array(x)
    return x
