"""`math.acosh`: the C library's, through the host."""

from intrinsics import host_math

_ACOSH = 11  # its number in the host's table of functions


def acosh(x):
    """The inverse hyperbolic cosine of x."""
    x = float(x)
    y = host_math(_ACOSH, x, 0.0)
    if y != y and x == x:
        raise ValueError("math domain error")
    return y
