"""`np.bitwise_or` of numbers and arrays."""

from numpy._operator import bit_or as _bit_or
from numpy.array import array


def bitwise_or(x, y):
    """The operator, element by element."""
    if isinstance(x, (int, float, bool)) and isinstance(y, (int, float, bool)):
        return x | y
    return _bit_or(_operand(x), _operand(y))


def _operand(x):
    if isinstance(x, (list, tuple)):
        return array(x)
    return x
