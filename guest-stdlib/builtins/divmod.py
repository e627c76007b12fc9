"""`divmod(a, b)`."""

from intrinsics import check


def divmod(a, b):
    """(a // b, a % b)."""
    if isinstance(a, float) or isinstance(b, float):
        check(b != 0, "ZeroDivisionError", "float divmod()")
    return a // b, a % b
