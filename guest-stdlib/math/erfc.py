"""`math.erfc`: the C library's, through the host."""

from intrinsics import host_math

_ERFC = 22  # its number in the host's table of functions


def erfc(x):
    """The complementary error function of x."""
    x = float(x)
    return host_math(_ERFC, x, 0.0)
