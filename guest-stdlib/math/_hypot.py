"""The Euclidean norm, as if computed without overflow and rounded once (nearly always).

Method: Alex Klein and Raymond Hettinger's differential correction, as CPython 3.10 and later use it:
squares as exact pairs (T. J. Dekker 1971), a square root, and one Newton step on its remainder.
"""

from intrinsics import f64_abs, f64_bits, f64_div, f64_from_bits, f64_max, f64_min, f64_sqrt, noinline

_INF = 1e999
_UP = 4.149515568880993e180  # 2**600
_DOWN = 2.409919865102884e-181  # 2**-600


def hypot_core(x: float, y: float) -> float:
    """sqrt(x*x + y*y)."""
    a = f64_abs(x)
    b = f64_abs(y)
    big = f64_max(a, b)
    if 1e-140 < big < 1e150:
        return _root_of_squares(big, f64_min(a, b))
    return _hypot_special(a, b)


def _root_of_squares(a: float, b: float) -> float:
    a2, a2_lo = square_pair(a)
    b2, b2_lo = square_pair(b)
    total = a2 + b2
    return corrected_root(total, a2 - total + b2 + (a2_lo + b2_lo))


def square_pair(x: float):
    """x*x as an exact sum of two numbers."""
    hi = f64_from_bits(f64_bits(x) & -0x8000000)
    lo = x - hi
    square = x * x
    return square, hi * hi - square + 2.0 * hi * lo + lo * lo


def corrected_root(hi: float, lo: float) -> float:
    """sqrt(hi + lo) for hi > 0."""
    root = f64_sqrt(hi)
    square, square_lo = square_pair(root)
    return root + f64_div(hi - square - square_lo + lo, root + root)


@noinline
def _hypot_special(a: float, b: float) -> float:
    if a == _INF or b == _INF:
        return _INF
    if a != a or b != b:
        return a + b
    if a == 0.0 and b == 0.0:
        return 0.0
    # A power of two brings the larger number into the safe range; all these products are exact, but
    # for a subnormal result.
    if a > 1.0 or b > 1.0:
        a = a * _DOWN
        b = b * _DOWN
        return _root_of_squares(f64_max(a, b), f64_min(a, b)) * _UP
    a = a * _UP
    b = b * _UP
    return _root_of_squares(f64_max(a, b), f64_min(a, b)) * _DOWN
