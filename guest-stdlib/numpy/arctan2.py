"""`np.arctan2` of numbers and arrays."""

from math._atan import atan2_core
from numpy._apply import each_two, operand
from numpy._promote import floating, joint_type


def _arctan2_of(x, y):
    return atan2_core(float(x), float(y))


def arctan2(x, y):
    """The angle of the point (y, x)."""
    a = operand(x, "np.arctan2")
    b = operand(y, "np.arctan2")
    if isinstance(a, ndarray) or isinstance(b, ndarray):
        return each_two(a, b, _arctan2_of, floating(joint_type(a, b)))
    return _arctan2_of(a, b)
