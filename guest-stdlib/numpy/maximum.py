"""`np.maximum` of numbers and arrays."""

from numpy._apply import each_two, operand
from numpy._promote import joint_type
from numpy._reduce import greatest_of


def _maximum_of(x, y):
    if isinstance(x, float) or isinstance(y, float):
        return greatest_of(float(x), float(y))
    return greatest_of(x, y)


def maximum(x, y):
    """The greater of two; NaN if one is NaN."""
    a = operand(x, "np.maximum")
    b = operand(y, "np.maximum")
    if isinstance(a, ndarray) or isinstance(b, ndarray):
        return each_two(a, b, _maximum_of, joint_type(a, b))
    return _maximum_of(a, b)
