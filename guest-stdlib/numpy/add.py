"""`np.add` of numbers and arrays."""

from numpy._operator import add as _add
from numpy.array import array


def add(x, y):
    """The operator, element by element."""
    if isinstance(x, (int, float, bool)) and isinstance(y, (int, float, bool)):
        return x + y
    return _add(_operand(x), _operand(y))


def _operand(x):
    if isinstance(x, (list, tuple)):
        return array(x)
    return x
