"""What `float` does; apart, because here the name `float` still is the type."""

from intrinsics import coerce, has_method, static_error
from types.str._to_float import parse_float


def _float(x):
    """`x` as a float."""
    if isinstance(x, (int, float)):
        return coerce(float, x)
    elif isinstance(x, str):
        if x == "nan":
            return 1e999 - 1e999
        elif x == "inf" or x == "+inf":
            return 1e999
        elif x == "-inf":
            return -1e999
        return parse_float(coerce(str, x))
    elif has_method(x, "__float__"):
        return x.__float__()
    else:
        static_error("`float` needs a number or a string")
