"""`np.bitwise_xor` of numbers and arrays."""

from numpy._operator import bit_xor as _bit_xor
from numpy.array import array


def bitwise_xor(x, y):
    """The operator, element by element."""
    if isinstance(x, (int, float, bool)) and isinstance(y, (int, float, bool)):
        return x ^ y
    return _bit_xor(_operand(x), _operand(y))


def _operand(x):
    if isinstance(x, (list, tuple)):
        return array(x)
    return x
