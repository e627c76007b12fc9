"""Floor division and modulo of floats, as CPython's `float_divmod`."""

from intrinsics import f64_copysign, f64_div, f64_floor, noinline
from math._fmod import fmod_core


@noinline
def rest(a: float, b: float):
    """`a % b` for b != 0: exact, with the sign of b."""
    r = fmod_core(a, b)
    if r != 0.0:
        if (b < 0.0) != (r < 0.0):
            r += b
    else:
        r = f64_copysign(0.0, b)
    return r


@noinline
def floor_quotient(a: float, b: float):
    """`a // b` for b != 0."""
    r = fmod_core(a, b)
    quotient = f64_div(a - r, b)
    if r != 0.0 and (b < 0.0) != (r < 0.0):
        quotient -= 1.0
    if quotient != 0.0:
        down = f64_floor(quotient)
        if quotient - down > 0.5:
            down += 1.0
        return down
    return f64_copysign(0.0, f64_div(a, b))
