"""What `int` does; apart, because here the name `int` still is the type."""

from intrinsics import check, coerce, f64_to_int, has_method, static_error
from types.str._to_int import parse_int


def _int(x):
    """`x` as an int."""
    if isinstance(x, int):
        return coerce(int, x)
    elif isinstance(x, float):
        check(x == x, "ValueError", "cannot convert float NaN to integer")
        check(x - x == 0.0, "OverflowError", "cannot convert float infinity to integer")
        check(x >= -9223372036854775808.0 and x < 9223372036854775808.0, "OverflowError", "int too large to convert")
        return f64_to_int(x)
    elif isinstance(x, str):
        return parse_int(coerce(str, x))
    elif has_method(x, "__int__"):
        return x.__int__()
    else:
        static_error("`int` needs a number or a string")
