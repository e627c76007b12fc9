"""`abs(x)`."""

from intrinsics import f64_abs, has_method, select, static_error


def abs(x):
    """The magnitude of a number."""
    if isinstance(x, int):
        n = int(x)
        return select(n < 0, -n, n)
    elif isinstance(x, float):
        return f64_abs(x)
    elif has_method(x, "__abs__"):
        return x.__abs__()
    else:
        static_error("bad operand type for abs()")
