"""Concatenation of a fixed number of strings: f-strings and `print`."""

from intrinsics import as_str, coerce, is_static, noinline
from types.str._concat import concat
from types.str._core import byte_count, char_count, new_text, put_text


@noinline
def join_all(parts):
    """One string from a tuple of strings."""
    chars = 0
    size = 0
    for part in parts:
        chars = chars + char_count(part)
        size = size + byte_count(part)
    block = new_text(chars, size)
    at = 0
    for part in parts:
        at = put_text(block, at, part)
    return as_str(block)


def _join(*parts):
    """All the strings, one after the other."""
    wide = ()
    for part in parts:
        if is_static(part):
            if part != "":
                wide = wide + (coerce(str, part),)
        else:
            wide = wide + (coerce(str, part),)
    return join_wide(*wide)


def join_wide(*parts):
    """The same for strings without compile-time values."""
    n = len(parts)
    if n == 0:
        return ""
    elif n == 1:
        return parts[0]
    elif n == 2:
        return concat(parts[0], parts[1])
    else:
        return join_all(parts)
