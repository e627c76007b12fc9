"""`a / b` for floats."""

from intrinsics import check, f64_div


def __truediv__(a: float, b: float):
    """True division. Raises ZeroDivisionError."""
    check(b != 0.0, "ZeroDivisionError", "float division by zero")
    return f64_div(a, b)
