"""The sine: IEEE results, no exceptions. See `_trig` for the method."""

from intrinsics import f64_abs, f64_copysign, host_math
from math._trig import REDUCIBLE, reduce, sine, small_rest

_SIN = 0  # its number in the host's table of functions


def sin_core(x: float) -> float:
    """sin(x), x in radians."""
    size = f64_abs(x)
    if size < 0.126:
        return f64_copysign(x + small_rest(x), x)  # -0.0 + 0.0 would be 0.0
    if size < REDUCIBLE:
        k, hi, lo = reduce(x)
        y = sine(k, hi, lo)
        if f64_abs(y) > 1e-9:
            return y
    return host_math(_SIN, x, 0.0)
