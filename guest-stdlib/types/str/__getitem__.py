"""`s[i]` and `s[a:b:c]`."""

from intrinsics import as_str, check_index, coerce, noinline, static_error
from types.str._core import byte_at, byte_count, char_count, new_text, put_byte
from types.str._join_list import join_list
from types.str._substring import char_size, offset_of, substring


@noinline
def character(s, index: int):
    """The character at a position that is known to exist."""
    at = offset_of(s, index)
    return substring(s, at, at + char_size(byte_at(s, at)))


@noinline
def stepped(s, start: int, step: int, size: int):
    """Every `step`th character."""
    if char_count(s) == byte_count(s):
        block = new_text(size, size)
        for i in range(size):
            put_byte(block, i, byte_at(s, start + i * step))
        return as_str(block)
    parts = [character(s, start + i * step) for i in range(size)]
    return join_list("", "", parts, "")


@noinline
def part(s, start: int, size: int):
    """`size` characters from `start` on."""
    if char_count(s) == byte_count(s):
        return substring(s, start, start + size)
    return substring(s, offset_of(s, start), offset_of(s, start + size))


def __getitem__(self, index):
    """One character, or those in a slice."""
    s = coerce(str, self)
    if isinstance(index, int):
        i = check_index(index, char_count(s), "IndexError", "string index out of range")
        return character(s, i)
    elif isinstance(index, slice):
        start, step, size = index.count(char_count(s))
        if step == 1:
            return part(s, start, size)
        else:
            return stepped(s, start, step, size)
    else:
        static_error("string indices must be integers or slices")
