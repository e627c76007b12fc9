"""`np.remainder` of numbers and arrays."""

from numpy._operator import mod as _mod, remainder as _number_mod
from numpy.array import array


def remainder(x, y):
    """The operator, element by element."""
    if isinstance(x, (int, float, bool)) and isinstance(y, (int, float, bool)):
        return _number_mod(x, y)
    return _mod(_operand(x), _operand(y))


def _operand(x):
    if isinstance(x, (list, tuple)):
        return array(x)
    return x
