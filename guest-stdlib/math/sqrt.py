"""`math.sqrt`."""

from intrinsics import f64_sqrt


def sqrt(x):
    """The square root of x."""
    x = float(x)
    if x < 0.0:
        raise ValueError("math domain error")
    return f64_sqrt(x)
