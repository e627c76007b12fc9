"""Classes of characters: ASCII, and beyond it letters that have cases."""

from intrinsics import noinline
from types.str._case import is_letter, to_upper
from types.str._character import decode
from types.str._core import byte_at, byte_count
from types.str._substring import char_size
from types.str._to_int import is_space


@noinline
def all_are(s, kind: int):
    """True if `s` is not empty and all its characters are of a kind: bits 1 digits, 2 letters, 4 space."""
    n = byte_count(s)
    at = 0
    while at < n:
        c = decode(s, at)
        fits = kind & 1 != 0 and c >= 48 and c <= 57
        fits = fits or (kind & 2 != 0 and is_letter(c)) or (kind & 4 != 0 and is_space(c))
        if not fits:
            return False
        at += char_size(byte_at(s, at))
    return n > 0


@noinline
def has_case(s, upper: bool):
    """True if `s` has letters, all of one case."""
    n = byte_count(s)
    at = 0
    found = False
    while at < n:
        c = decode(s, at)
        if is_letter(c):
            found = True
            if (to_upper(c) == c) != upper:
                return False
        at += char_size(byte_at(s, at))
    return found
