"""`np.bitwise_and` of numbers and arrays."""

from numpy._operator import bit_and as _bit_and
from numpy.array import array


def bitwise_and(x, y):
    """The operator, element by element."""
    if isinstance(x, (int, float, bool)) and isinstance(y, (int, float, bool)):
        return x & y
    return _bit_and(_operand(x), _operand(y))


def _operand(x):
    if isinstance(x, (list, tuple)):
        return array(x)
    return x
