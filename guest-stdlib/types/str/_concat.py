"""`a + b` for strings."""

from intrinsics import as_str, noinline
from types.str._core import byte_count, char_count, new_text, put_text


@noinline
def concat(a, b):
    """The two texts, one after the other."""
    n = byte_count(a)
    m = byte_count(b)
    if n == 0:
        return b
    if m == 0:
        return a
    block = new_text(char_count(a) + char_count(b), n + m)
    put_text(block, put_text(block, 0, a), b)
    return as_str(block)
