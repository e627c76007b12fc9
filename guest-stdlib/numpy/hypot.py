"""`np.hypot` of numbers and arrays."""

from math._hypot import hypot_core
from numpy._apply import each_two, operand
from numpy._promote import floating, joint_type


def _hypot_of(x, y):
    return hypot_core(float(x), float(y))


def hypot(x, y):
    """sqrt(x*x + y*y) without overflow."""
    a = operand(x, "np.hypot")
    b = operand(y, "np.hypot")
    if isinstance(a, ndarray) or isinstance(b, ndarray):
        return each_two(a, b, _hypot_of, floating(joint_type(a, b)))
    return _hypot_of(a, b)
