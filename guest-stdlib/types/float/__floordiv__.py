"""`a // b` for floats."""

from intrinsics import check
from types.float._divmod import floor_quotient


def __floordiv__(a: float, b: float):
    """The quotient rounded down, as a float. Raises ZeroDivisionError."""
    check(b != 0.0, "ZeroDivisionError", "float floor division by zero")
    return floor_quotient(a, b)
