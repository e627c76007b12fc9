"""`s.find(part)`. Differs from Python: no start and end."""

from intrinsics import coerce, noinline
from types.str._find import find_bytes
from types.str._substring import count_chars


@noinline
def place(s, part):
    """Character at which it begins."""
    at = find_bytes(s, part, 0)
    return at if at <= 0 else count_chars(s, 0, at)


def find(self, part):
    """Position of the first `part`, or -1."""
    return place(coerce(str, self), coerce(str, part))
