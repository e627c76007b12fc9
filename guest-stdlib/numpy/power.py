"""`np.power` of numbers and arrays."""

from numpy._operator import power as _number_power, raise_to as _raise_to
from numpy.array import array


def power(x, y):
    """The operator, element by element."""
    if isinstance(x, (int, float, bool)) and isinstance(y, (int, float, bool)):
        return _number_power(x, y)
    return _raise_to(_operand(x), _operand(y))


def _operand(x):
    if isinstance(x, (list, tuple)):
        return array(x)
    return x
