"""`np.fmod` of numbers and arrays."""

from math._fmod import fmod_core
from numpy._apply import each_two, operand
from numpy._promote import floating, joint_type


def _fmod_of(x, y):
    return fmod_core(float(x), float(y))


def fmod(x, y):
    """The remainder with the sign of the dividend."""
    a = operand(x, "np.fmod")
    b = operand(y, "np.fmod")
    if isinstance(a, ndarray) or isinstance(b, ndarray):
        return each_two(a, b, _fmod_of, floating(joint_type(a, b)))
    return _fmod_of(a, b)
