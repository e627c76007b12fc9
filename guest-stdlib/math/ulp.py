"""`math.ulp`."""

from intrinsics import f64_abs, f64_bits, f64_from_bits

_INF = 1e999
_MAX = 1.7976931348623157e308


def ulp(x):
    """The value of the least significant bit of x."""
    x = float(x)
    size = f64_abs(x)
    if not size < _INF:
        return size
    if size == _MAX:
        return 1.99584030953472e292
    return f64_from_bits(f64_bits(size) + 1) - size
