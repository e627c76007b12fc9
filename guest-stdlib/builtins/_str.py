"""What `str` does; apart, because here the name `str` still is the type."""

from intrinsics import coerce, has_method
from types.float._text import float_text
from types.int._text import int_text


def _str(x):
    """`x` as text."""
    if isinstance(x, str):
        return x
    elif x is None:
        return "None"
    elif isinstance(x, bool):
        return "True" if x else "False"
    elif isinstance(x, int):
        return int_text(x)
    elif isinstance(x, float):
        return float_text(x)
    elif has_method(x, "__str__"):
        return x.__str__()
    else:
        return repr(x)
