"""The cosine: IEEE results, no exceptions. See `_trig` for the method."""

from intrinsics import f64_abs, host_math
from math._trig import REDUCIBLE, reduce, sine

_COS = 1  # its number in the host's table of functions


def cos_core(x: float) -> float:
    """cos(x), x in radians."""
    if f64_abs(x) < REDUCIBLE:
        k, hi, lo = reduce(x)
        y = sine(k + 128, hi, lo)
        if f64_abs(y) > 1e-9:
            return y
    return host_math(_COS, x, 0.0)
