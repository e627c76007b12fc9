"""`np.less_equal` of numbers and arrays."""

from numpy._operator import less_equal as _less_equal
from numpy.array import array


def less_equal(x, y):
    """The operator, element by element."""
    if isinstance(x, (int, float, bool)) and isinstance(y, (int, float, bool)):
        return x <= y
    return _less_equal(_operand(x), _operand(y))


def _operand(x):
    if isinstance(x, (list, tuple)):
        return array(x)
    return x
