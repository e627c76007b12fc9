"""`math.log`."""

from math._log import log_core


def log(x, base=None):
    """The logarithm of x to the given base, or the natural logarithm."""
    x = float(x)
    if x <= 0.0:
        raise ValueError("math domain error")
    if base is None:
        return log_core(x)
    base = float(base)
    if base <= 0.0:
        raise ValueError("math domain error")
    return log_core(x) / log_core(base)
