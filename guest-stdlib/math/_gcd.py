"""The greatest common divisor of two integers.

Method: Josef Stein, Computational problems associated with Racah algebra (1967): shifts and
differences instead of divisions.
"""

from intrinsics import i64_ctz, i64_shl, i64_shr_u


def gcd_core(a: int, b: int) -> int:
    """The largest integer that divides both; 0 if both are 0."""
    if a < 0:
        a = -a
    if b < 0:
        b = -b
    if a == 0:
        return b
    if b == 0:
        return a
    shift = i64_ctz(a | b)
    a = i64_shr_u(a, i64_ctz(a))
    while b != 0:
        b = i64_shr_u(b, i64_ctz(b))
        if a > b:
            a, b = b, a
        b = b - a
    return i64_shl(a, shift)
