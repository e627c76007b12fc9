"""Concatenation of a fixed number of strings: f-strings."""

from intrinsics import as_str, noinline, static_range
from types.str._concat import concat
from types.str._core import byte_count, char_count, new_text, put_text


@noinline
def join_all(parts):
    """One string from a tuple of strings."""
    chars = 0
    size = 0
    # By position rather than by item: no variable that would count references.
    for i in static_range(len(parts)):
        chars = chars + char_count(parts[i])
        size = size + byte_count(parts[i])
    block = new_text(chars, size)
    at = 0
    for i in static_range(len(parts)):
        at = put_text(block, at, parts[i])
    return as_str(block)


def _join(*parts):
    """All the strings, one after the other; none of them a compile-time value."""
    n = len(parts)
    if n == 0:
        return ""
    elif n == 1:
        return parts[0]
    elif n == 2:
        return concat(parts[0], parts[1])
    else:
        return join_all(parts)
