"""`ord(c)`."""

from intrinsics import check, coerce, static_error
from types.str._character import decode
from types.str._core import char_count


def ord(c):
    """Code point of a string of one character."""
    if not isinstance(c, str):
        static_error("ord() expected string of length 1")
    s = coerce(str, c)
    n = char_count(s)
    check(n == 1, "TypeError", "ord() expected a character, but string of length {0} found", n)
    return decode(s, 0)
