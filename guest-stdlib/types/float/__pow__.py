"""`a ** b` for floats."""

from intrinsics import check, f64_floor
from math._pow import pow_core


def __pow__(a: float, b: float):
    """The power, as CPython's: raises ZeroDivisionError, OverflowError, and ValueError where the
    result would be complex."""
    check(a != 0.0 or b >= 0.0 or b != b, "ZeroDivisionError", "0.0 cannot be raised to a negative power")
    if a < 0.0 and b - b == 0.0 and a - a == 0.0 and f64_floor(b) != b:
        raise ValueError("a negative number to a fractional power is complex")
    result = pow_core(a, b)
    if result - result != 0.0 and a - a == 0.0 and b - b == 0.0:
        raise OverflowError("(34, 'Numerical result out of range')")
    return result
