"""`a % b` for floats."""

from intrinsics import check
from types.float._divmod import rest


def __mod__(a: float, b: float):
    """The rest, with the sign of `b`. Raises ZeroDivisionError."""
    check(b != 0.0, "ZeroDivisionError", "float modulo")
    return rest(a, b)
