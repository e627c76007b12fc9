"""`math.lcm`. Integers have 64 bits here: a larger result wraps."""

from math._gcd import gcd_core


def lcm(*integers):
    """The least common multiple; 0 if one of them is 0."""
    result = 1
    for n in integers:
        if n == 0:
            result = 0
        else:
            result = result // gcd_core(result, n) * n if result != 0 else 0
    return -result if result < 0 else result
