"""`math.log2`."""

from math._log2 import log2_core


def log2(x):
    """The base-2 logarithm of x."""
    x = float(x)
    if x <= 0.0:
        raise ValueError("math domain error")
    return log2_core(x)
