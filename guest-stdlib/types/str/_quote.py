"""`repr` of a string: quotes and escapes as Python's."""

from intrinsics import as_str, noinline
from types.str._core import byte_at, byte_count, char_count, new_text, put_byte


def escaped_size(byte: int, mark: int) -> int:
    """Bytes that one byte of text takes within quotes `mark`."""
    if byte == mark or byte == 92 or byte == 10 or byte == 13 or byte == 9:
        return 2
    if byte < 32 or byte == 127:
        return 4
    return 1


def hex_digit(n: int) -> int:
    """ASCII digit of 0..15."""
    return 48 + n if n < 10 else 87 + n


@noinline
def quote(s):
    """`repr(s)`. Characters beyond ASCII are shown as they are, even unprintable ones."""
    n = byte_count(s)
    single = False
    double = False
    for i in range(n):
        byte = byte_at(s, i)
        single = single or byte == 39
        double = double or byte == 34
    mark = 34 if single and not double else 39
    size = 2
    for i in range(n):
        size += escaped_size(byte_at(s, i), mark)
    block = new_text(char_count(s) + size - n, size)
    put_byte(block, 0, mark)
    at = 1
    for i in range(n):
        byte = byte_at(s, i)
        width = escaped_size(byte, mark)
        if width == 1:
            put_byte(block, at, byte)
        else:
            put_byte(block, at, 92)
            if width == 4:
                put_byte(block, at + 1, 120)
                put_byte(block, at + 2, hex_digit(byte >> 4))
                put_byte(block, at + 3, hex_digit(byte & 15))
            elif byte == 10:
                put_byte(block, at + 1, 110)
            elif byte == 13:
                put_byte(block, at + 1, 114)
            elif byte == 9:
                put_byte(block, at + 1, 116)
            else:
                put_byte(block, at + 1, byte)
        at += width
    put_byte(block, at, mark)
    return as_str(block)
