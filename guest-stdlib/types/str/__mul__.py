"""`s * n`."""

from intrinsics import as_str, coerce, noinline, static_error
from types.str._core import byte_count, char_count, new_text, put_text


@noinline
def repeat(s, n: int):
    """The text `n` times over."""
    size = byte_count(s)
    if n <= 0 or size == 0:
        return ""
    if n == 1:
        return s
    if n > 4000000000:
        raise MemoryError("allocation of too many bytes")
    block = new_text(char_count(s) * n, size * n)
    at = 0
    while at < size * n:
        at = put_text(block, at, s)
    return as_str(block)


def __mul__(self, n):
    """The text `n` times over; empty if `n` is not positive."""
    if not isinstance(n, int):
        static_error("can't multiply sequence by non-int")
    return repeat(coerce(str, self), int(n))
