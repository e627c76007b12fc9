"""`math.pow`."""

from intrinsics import f64_abs, noinline
from math._pow import pow_core

_INF = 1e999


def pow(x, y):
    """x raised to the power y, always as a float."""
    x = float(x)
    y = float(y)
    z = pow_core(x, y)
    if f64_abs(z) < _INF:
        return z
    return _checked(x, y, z)


@noinline
def _checked(x: float, y: float, z: float) -> float:
    """An infinity or NaN that comes from finite arguments is an error."""
    if f64_abs(x) < _INF and f64_abs(y) < _INF:
        if x == 0.0 or z != z:
            raise ValueError("math domain error")
        raise OverflowError("math range error")
    return z
