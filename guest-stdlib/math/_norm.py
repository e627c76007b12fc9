"""The Euclidean norm of a tuple of any length. See `_hypot` for the method."""

from intrinsics import f64_abs, f64_max
from math._hypot import corrected_root, square_pair

_INF = 1e999


def norm(coordinates):
    """The square root of the sum of squares."""
    big = 0.0
    infinite = False
    for c in coordinates:
        a = f64_abs(float(c))
        big = f64_max(big, a)
        if a == _INF:
            infinite = True
    if infinite:
        return _INF
    if big == 0.0 or big != big:
        return big
    # A power of two keeps the squares in range.
    scale = 1.0
    if big > 1e140:
        scale = 2.409919865102884e-181  # 2**-600
    if big < 1e-140:
        scale = 4.149515568880993e180  # 2**600
    total = 0.0
    rest = 0.0
    for c in coordinates:
        square, square_lo = square_pair(f64_abs(float(c)) * scale)
        # Knuth's sum: the error is exact whichever term is larger.
        next_total = total + square
        part = next_total - total
        rest = rest + (total - (next_total - part) + (square - part)) + square_lo
        total = next_total
    return corrected_root(total, rest) / scale
