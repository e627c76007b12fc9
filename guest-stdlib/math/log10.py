"""`math.log10`."""

from math._log10 import log10_core


def log10(x):
    """The base-10 logarithm of x."""
    x = float(x)
    if x <= 0.0:
        raise ValueError("math domain error")
    return log10_core(x)
