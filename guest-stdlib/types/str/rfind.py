"""`s.rfind(part)`. Differs from Python: no start and end."""

from intrinsics import coerce, noinline
from types.str._find import find_last
from types.str._substring import count_chars


@noinline
def place(s, part):
    """Character at which it begins."""
    at = find_last(s, part)
    return at if at <= 0 else count_chars(s, 0, at)


def rfind(self, part):
    """Position of the last `part`, or -1."""
    return place(coerce(str, self), coerce(str, part))
