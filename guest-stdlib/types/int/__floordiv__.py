"""`a // b` for ints."""

from intrinsics import check, i64_div_s, inline


@inline
def __floordiv__(a: int, b: int):
    """The quotient rounded down. Raises ZeroDivisionError; the smallest int // -1 wraps around."""
    check(b != 0, "ZeroDivisionError", "integer division or modulo by zero")
    if b == -1:
        # The machine's division would trap for the smallest int.
        return -a
    q = i64_div_s(a, b)
    # One less if there is a rest and the signs differ.
    if (a ^ b) < 0 and q * b != a:
        q -= 1
    return q
