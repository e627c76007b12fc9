"""`math.remainder`."""

from intrinsics import f64_abs, f64_copysign
from math._fmod import fmod_core

_INF = 1e999


def remainder(x, y):
    """x - n y for the integer n nearest to x/y, even on a tie (IEEE 754)."""
    x = float(x)
    y = float(y)
    if x != x or y != y:
        return x + y
    a = f64_abs(x)
    b = f64_abs(y)
    if a == _INF or b == 0.0:
        raise ValueError("math domain error")
    if b == _INF:
        return x
    below = fmod_core(a, b)
    above = b - below
    if below < above:
        r = below
    elif below > above:
        r = -above
    else:
        # A tie: half of what remains is an even or an odd multiple.
        r = below - 2.0 * fmod_core(0.5 * (a - below), b)
    return f64_copysign(1.0, x) * r
