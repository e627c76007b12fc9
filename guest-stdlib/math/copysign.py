"""`math.copysign`."""

from intrinsics import f64_copysign


def copysign(x, y):
    """The magnitude of x with the sign of y."""
    x = float(x)
    y = float(y)
    return f64_copysign(x, y)
