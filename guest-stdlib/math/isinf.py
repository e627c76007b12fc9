"""`math.isinf`."""

from intrinsics import f64_abs


def isinf(x):
    """True if x is an infinity."""
    x = float(x)
    return f64_abs(x) == 1e999
