"""`a % b` for ints."""

from intrinsics import check, i64_rem_s, inline


@inline
def __mod__(a: int, b: int):
    """The rest, with the sign of `b`. Raises ZeroDivisionError."""
    check(b != 0, "ZeroDivisionError", "integer modulo by zero")
    r = i64_rem_s(a, b)
    if r != 0 and (r ^ b) < 0:
        r += b
    return r
