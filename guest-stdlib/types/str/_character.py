"""Single characters in UTF-8."""

from intrinsics import as_str, noinline
from types.str._core import byte_at, new_text, put_byte


@noinline
def decode(s, at: int):
    """Code point of the character at byte `at`."""
    first = byte_at(s, at)
    if first < 128:
        return first
    if first < 224:
        return (first & 31) << 6 | byte_at(s, at + 1) & 63
    if first < 240:
        return (first & 15) << 12 | (byte_at(s, at + 1) & 63) << 6 | byte_at(s, at + 2) & 63
    high = (first & 7) << 18 | (byte_at(s, at + 1) & 63) << 12
    return high | (byte_at(s, at + 2) & 63) << 6 | byte_at(s, at + 3) & 63


def encoded_size(code: int) -> int:
    """Bytes of a code point."""
    if code < 128:
        return 1
    if code < 2048:
        return 2
    if code < 65536:
        return 3
    return 4


def put_character(block, at: int, code: int):
    """Writes a code point into a new text; returns the place behind it."""
    size = encoded_size(code)
    if size == 1:
        put_byte(block, at, code)
    elif size == 2:
        put_byte(block, at, 192 | code >> 6)
        put_byte(block, at + 1, 128 | code & 63)
    elif size == 3:
        put_byte(block, at, 224 | code >> 12)
        put_byte(block, at + 1, 128 | code >> 6 & 63)
        put_byte(block, at + 2, 128 | code & 63)
    else:
        put_byte(block, at, 240 | code >> 18)
        put_byte(block, at + 1, 128 | code >> 12 & 63)
        put_byte(block, at + 2, 128 | code >> 6 & 63)
        put_byte(block, at + 3, 128 | code & 63)
    return at + size


@noinline
def encode(code: int):
    """A string of one character."""
    block = new_text(1, encoded_size(code))
    put_character(block, 0, code)
    return as_str(block)
