"""`math.modf`."""

from intrinsics import f64_abs, f64_copysign, f64_trunc

_INF = 1e999


def modf(x):
    """The fractional and the integer part of x, both with its sign."""
    x = float(x)
    whole = f64_trunc(x)
    if f64_abs(x) == _INF:
        return f64_copysign(0.0, x), x
    return f64_copysign(x - whole, x), whole
