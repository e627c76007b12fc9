"""`a ** b` for ints; wraps around at 64 bits."""

from intrinsics import check, noinline


@noinline
def __pow__(a: int, b: int):
    """The power by repeated squaring. A negative exponent raises ValueError: the result would be a
    float, and a compiled function has one result type."""
    check(b >= 0, "ValueError", "Integers to negative integer powers are not allowed.")
    result = 1
    while b > 0:
        if b & 1:
            result *= a
        b >>= 1
        if b > 0:
            a *= a
    return result
