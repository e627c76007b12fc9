"""`s.count(part)`. Differs from Python: no start and end."""

from intrinsics import coerce
from types.str._core import byte_count, char_count
from types.str._find import count_parts


def count(self, part):
    """Number of `part`s that do not overlap."""
    s = coerce(str, self)
    part = coerce(str, part)
    if byte_count(part) == 0:
        return char_count(s) + 1
    return count_parts(s, part)
