"""`np.minimum` of numbers and arrays."""

from numpy._apply import each_two, operand
from numpy._promote import joint_type
from numpy._reduce import least_of


def _minimum_of(x, y):
    if isinstance(x, float) or isinstance(y, float):
        return least_of(float(x), float(y))
    return least_of(x, y)


def minimum(x, y):
    """The lesser of two; NaN if one is NaN."""
    a = operand(x, "np.minimum")
    b = operand(y, "np.minimum")
    if isinstance(a, ndarray) or isinstance(b, ndarray):
        return each_two(a, b, _minimum_of, joint_type(a, b))
    return _minimum_of(a, b)
