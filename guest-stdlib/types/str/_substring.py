"""Parts of strings by byte and by character."""

from core.bulk import copy_bytes
from intrinsics import as_str, charge, load, noinline, ptr_add, storage
from types.str._core import byte_at, byte_count, char_count, new_text, text_start


def char_size(byte: int) -> int:
    """Bytes of the character whose first byte this is."""
    if byte < 128:
        return 1
    if byte < 224:
        return 2
    if byte < 240:
        return 3
    return 4


@noinline
def count_chars(s, start: int, stop: int):
    """Characters that begin within bytes start..stop."""
    p = text_start(s)
    n = 0
    for i in range(start, stop):
        if (load(storage("uint8"), ptr_add(p, i)) & 192) != 128:
            n += 1
    return n


@noinline
def substring(s, start: int, stop: int):
    """The text of bytes start..stop, which must be bounds of characters."""
    size = stop - start
    if size <= 0:
        return ""
    total = byte_count(s)
    if size == total:
        return s
    chars = size
    if char_count(s) != total:
        chars = count_chars(s, start, stop)
    block = new_text(chars, size)
    charge(size >> 6)
    copy_bytes(ptr_add(block, 24), ptr_add(text_start(s), start), size)
    return as_str(block)


@noinline
def offset_of(s, index: int):
    """Byte at which character `index` (0..length) begins."""
    n = byte_count(s)
    if char_count(s) == n:
        return index
    at = 0
    for i in range(index):
        at += char_size(byte_at(s, at))
    return at
