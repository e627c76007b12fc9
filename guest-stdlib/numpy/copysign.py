"""`np.copysign` of numbers and arrays."""

from intrinsics import f64_copysign
from numpy._apply import each_two, operand
from numpy._promote import floating, joint_type


def _copysign_of(x, y):
    return f64_copysign(float(x), float(y))


def copysign(x, y):
    """The size of one with the sign of the other."""
    a = operand(x, "np.copysign")
    b = operand(y, "np.copysign")
    if isinstance(a, ndarray) or isinstance(b, ndarray):
        return each_two(a, b, _copysign_of, floating(joint_type(a, b)))
    return _copysign_of(a, b)
