"""`math.cbrt`: the C library's, through the host."""

from intrinsics import host_math

_CBRT = 25  # its number in the host's table of functions


def cbrt(x):
    """The cube root of x."""
    x = float(x)
    return host_math(_CBRT, x, 0.0)
