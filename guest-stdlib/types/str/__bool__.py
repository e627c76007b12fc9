"""Truth of a string."""

from intrinsics import coerce
from types.str._core import byte_count


def __bool__(self):
    """True unless the string is empty."""
    return byte_count(coerce(str, self)) != 0
