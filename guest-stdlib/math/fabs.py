"""`math.fabs`."""

from intrinsics import f64_abs


def fabs(x):
    """The absolute value of x, as a float."""
    x = float(x)
    return f64_abs(x)
