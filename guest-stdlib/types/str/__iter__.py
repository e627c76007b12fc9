"""Loops over the characters of a string."""

from intrinsics import coerce, noinline
from types.list._new import new_list
from types.str._core import byte_at, byte_count, char_count
from types.str._substring import char_size, substring


@noinline
def characters(s):
    """The characters as a list, so that each is found at once."""
    out = new_list(str, char_count(s))
    at = 0
    while at < byte_count(s):
        after = at + char_size(byte_at(s, at))
        out.append(substring(s, at, after))
        at = after
    return out


def __iter__(self):
    """What a loop goes over."""
    return characters(coerce(str, self))
