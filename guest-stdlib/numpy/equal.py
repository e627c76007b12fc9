"""`np.equal` of numbers and arrays."""

from numpy._operator import equal as _equal
from numpy.array import array


def equal(x, y):
    """The operator, element by element."""
    if isinstance(x, (int, float, bool)) and isinstance(y, (int, float, bool)):
        return x == y
    return _equal(_operand(x), _operand(y))


def _operand(x):
    if isinstance(x, (list, tuple)):
        return array(x)
    return x
