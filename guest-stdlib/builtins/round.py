"""`round(x)` and `round(x, digits)`: half to even, by the exact value of a float."""

from builtins._places import round_places
from builtins._round import round_digits, round_float, round_int
from intrinsics import has_method, is_static, static_error


def round(x, ndigits: static = None):
    """The nearest int, or the nearest number with so many decimal places."""
    if isinstance(x, int):
        if ndigits is None:
            return int(x)
        else:
            return round_int(int(x), int(ndigits))
    elif isinstance(x, float):
        if ndigits is None:
            return round_float(x)
        if is_static(ndigits):
            if ndigits >= 0:
                return round_places(x, int(ndigits))
        return round_digits(x, int(ndigits))
    elif has_method(x, "__round__"):
        return x.__round__(ndigits)
    else:
        static_error("this type has no rounding")
