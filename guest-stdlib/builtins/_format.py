"""`f"{value:spec}"`; the specification is a literal."""

from intrinsics import coerce, has_method, static_error, static_range, static_str
from types.float._format import format_float
from types.float._text import formatted
from types.int._format import format_int
from types.str._format import format_str


def _format(value, spec: static):
    """`value` as text, laid out as the specification says."""
    if spec == "":
        return str(value)
    elif isinstance(value, str):
        return format_str(coerce(str, value), coerce(str, spec))
    elif isinstance(value, float):
        # The common case needs no parsing at run time.
        for digits in static_range(10):
            if spec == "." + static_str(digits) + "f":
                return formatted(value, 102, digits)
        return format_float(value, coerce(str, spec))
    elif isinstance(value, int):
        if spec == "d":
            return str(int(value))
        return format_int(int(value), coerce(str, spec))
    elif has_method(value, "__format__"):
        return value.__format__(spec)
    else:
        static_error("a value of this type has no format specifications | convert it with `str(...)` first")
