"""`math.gcd`."""

from math._gcd import gcd_core


def gcd(*integers):
    """The greatest common divisor; 0 if all are 0."""
    result = 0
    for n in integers:
        result = gcd_core(result, n)
    return result
