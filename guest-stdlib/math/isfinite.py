"""`math.isfinite`."""

from intrinsics import f64_abs


def isfinite(x):
    """True if x is neither an infinity nor NaN."""
    x = float(x)
    return f64_abs(x) < 1e999
