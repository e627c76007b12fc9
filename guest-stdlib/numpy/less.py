"""`np.less` of numbers and arrays."""

from numpy._operator import less as _less
from numpy.array import array


def less(x, y):
    """The operator, element by element."""
    if isinstance(x, (int, float, bool)) and isinstance(y, (int, float, bool)):
        return x < y
    return _less(_operand(x), _operand(y))


def _operand(x):
    if isinstance(x, (list, tuple)):
        return array(x)
    return x
