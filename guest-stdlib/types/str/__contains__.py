"""`part in s`."""

from intrinsics import coerce, static_error
from types.str._find import find_bytes


def __contains__(self, part):
    """True if `part` occurs in the text."""
    if not isinstance(part, str):
        static_error("'in <string>' requires string as left operand")
    return find_bytes(coerce(str, self), coerce(str, part), 0) >= 0
