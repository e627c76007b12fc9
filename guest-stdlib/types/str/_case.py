"""Case of letters: ASCII, and the Latin-1, Greek and Cyrillic letters whose cases lie at a fixed
distance."""

from intrinsics import as_str, noinline
from types.str._character import decode, put_character
from types.str._core import byte_at, byte_count, char_count, new_text
from types.str._substring import char_size


def to_upper(c: int) -> int:
    """The capital letter of a letter, or the character itself."""
    if c < 128:
        return c - 32 if c >= 97 and c <= 122 else c
    return upper_beyond(c)


def to_lower(c: int) -> int:
    """The small letter of a letter, or the character itself."""
    if c < 128:
        return c + 32 if c >= 65 and c <= 90 else c
    return lower_beyond(c)


@noinline
def upper_beyond(c: int) -> int:
    """The same beyond ASCII."""
    if (c >= 224 and c <= 254 and c != 247) or (c >= 945 and c <= 969 and c != 962) or (c >= 1072 and c <= 1103):
        return c - 32
    if c >= 1104 and c <= 1119:
        return c - 80
    if c >= 256 and c <= 303 and c & 1:
        return c - 1
    return c


@noinline
def lower_beyond(c: int) -> int:
    """The same beyond ASCII."""
    if (c >= 192 and c <= 222 and c != 215) or (c >= 913 and c <= 937 and c != 930) or (c >= 1040 and c <= 1071):
        return c + 32
    if c >= 1024 and c <= 1039:
        return c + 80
    if c >= 256 and c <= 303 and not c & 1:
        return c + 1
    return c


def is_letter(c: int) -> bool:
    """A letter that has cases."""
    return to_upper(c) != c or to_lower(c) != c


def convert(c: int, mode: int, start: bool) -> int:
    """One character in a mode: 0 lower, 1 upper, 2 capitalised, 3 swapped."""
    if mode == 0 or (mode == 2 and not start):
        return to_lower(c)
    if mode == 3 and to_upper(c) == c:
        return to_lower(c)
    return to_upper(c)


@noinline
def change_case(s, mode: int, words: bool):
    """`s` in another case; capitals start the text or, if `words`, each word."""
    n = byte_count(s)
    # Both cases of these letters take the same space.
    block = new_text(char_count(s), n)
    at = 0
    start = True
    while at < n:
        c = decode(s, at)
        put_character(block, at, convert(c, mode, start))
        start = words and not is_letter(c)
        at += char_size(byte_at(s, at))
    return as_str(block)
