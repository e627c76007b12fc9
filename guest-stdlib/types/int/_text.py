"""Decimal digits of an int."""

from intrinsics import as_str, i64_div_u, i64_lt_u, i64_rem_u, noinline
from types.str._core import new_text, put_byte


def digit_count(magnitude: int) -> int:
    """Decimal digits of an unsigned number below 10**19."""
    n = 1
    power = 10
    while n < 19 and not i64_lt_u(magnitude, power):
        n += 1
        power *= 10
    return n


@noinline
def int_text(x: int):
    """`str(x)`."""
    # As an unsigned number, so that the smallest int has a magnitude.
    magnitude = -x if x < 0 else x
    sign = 1 if x < 0 else 0
    size = digit_count(magnitude) + sign
    block = new_text(size, size)
    if x < 0:
        put_byte(block, 0, 45)
    at = size
    while at > sign:
        at -= 1
        put_byte(block, at, 48 + i64_rem_u(magnitude, 10))
        magnitude = i64_div_u(magnitude, 10)
    return as_str(block)
