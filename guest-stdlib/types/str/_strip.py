"""Stripping of characters from the ends. White space is that of ASCII."""

from intrinsics import coerce, noinline
from types.str._core import byte_at, byte_count
from types.str._find import find_bytes
from types.str._substring import char_size, substring
from types.str._to_int import is_space


@noinline
def strip_space(s, left, right):
    """`s` without white space at the ends that are asked for."""
    start = 0
    stop = byte_count(s)
    if left:
        while start < stop and is_space(byte_at(s, start)):
            start += 1
    if right:
        while stop > start and is_space(byte_at(s, stop - 1)):
            stop -= 1
    return substring(s, start, stop)


@noinline
def strip_set(s, characters, left, right):
    """`s` without the characters of a set at the ends that are asked for."""
    start = 0
    stop = byte_count(s)
    if left:
        while start < stop and in_set(s, start, characters):
            start += char_size(byte_at(s, start))
    if right:
        while stop > start:
            last = stop - 1
            while (byte_at(s, last) & 192) == 128:
                last -= 1
            if not in_set(s, last, characters):
                break
            stop = last
    return substring(s, start, stop)


def in_set(s, at: int, characters) -> bool:
    """True if the character at byte `at` is one of `characters`."""
    return find_bytes(characters, substring(s, at, at + char_size(byte_at(s, at))), 0) >= 0


def strip_ends(s, characters, left, right):
    """`strip`, `lstrip` or `rstrip`."""
    if characters is None:
        return strip_space(coerce(str, s), left, right)
    else:
        return strip_set(coerce(str, s), coerce(str, characters), left, right)
