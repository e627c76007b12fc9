"""Concatenation of a list of strings."""

from intrinsics import as_str, noinline
from types.str._core import byte_count, char_count, new_text, put_text
from types.str._widened import widened


@noinline
def join_between(before, separator, parts, after):
    """`before`, the parts with `separator` between them, and `after`."""
    chars = char_count(before) + char_count(after)
    size = byte_count(before) + byte_count(after)
    for part in parts:
        chars += char_count(part)
        size += byte_count(part)
    gaps = parts.length - 1
    if gaps > 0:
        chars += gaps * char_count(separator)
        size += gaps * byte_count(separator)
    block = new_text(chars, size)
    at = put_text(block, 0, before)
    for i in range(parts.length):
        if i > 0:
            at = put_text(block, at, separator)
        at = put_text(block, at, parts.__item__(i))
    put_text(block, at, after)
    return as_str(block)


def join_list(before, separator, parts, after):
    """The same, for literals too."""
    return join_between(widened(before), widened(separator), parts, widened(after))
