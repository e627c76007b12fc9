"""`np.subtract` of numbers and arrays."""

from numpy._operator import subtract as _subtract
from numpy.array import array


def subtract(x, y):
    """The operator, element by element."""
    if isinstance(x, (int, float, bool)) and isinstance(y, (int, float, bool)):
        return x - y
    return _subtract(_operand(x), _operand(y))


def _operand(x):
    if isinstance(x, (list, tuple)):
        return array(x)
    return x
