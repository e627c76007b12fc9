"""`a + b` for strings."""

from intrinsics import coerce, static_error
from types.str._concat import concat


def __add__(a, b):
    """The two texts, one after the other."""
    if not isinstance(b, str):
        static_error('can only concatenate str to str | convert the value with `str(...)`, or use an f-string')
    return concat(coerce(str, a), coerce(str, b))
