"""`repr(x)`: the text of a value as the interactive interpreter shows it."""

from intrinsics import class_name, coerce, has_method, static_error
from types.float._text import float_text
from types.int._text import int_text
from types.str._quote import quote


def repr(x):
    """`x` as a literal, where there is one."""
    if isinstance(x, str):
        return quote(coerce(str, x))
    elif x is None:
        return "None"
    elif isinstance(x, bool):
        return "True" if x else "False"
    elif isinstance(x, int):
        return int_text(x)
    elif isinstance(x, float):
        return float_text(x)
    elif isinstance(x, type):
        return "<class '" + class_name(x) + "'>"
    elif has_method(x, "__repr__"):
        return x.__repr__()
    elif has_method(x, "__str__"):
        return x.__str__()
    else:
        static_error("values of this type cannot be printed")
