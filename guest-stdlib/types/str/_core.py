"""Layout of strings: characters @8, bytes @16, UTF-8 text @24. A string is never changed once made."""

from core.memory import alloc
from core.bulk import copy_bytes
from intrinsics import address, charge, load, ptr_add, storage, store


def byte_count(s):
    """Bytes of the text."""
    return load(storage("int64"), ptr_add(address(s), 16))


def char_count(s):
    """Characters (code points) of the text."""
    return load(storage("int64"), ptr_add(address(s), 8))


def text_start(s):
    """Address of the first byte."""
    return ptr_add(address(s), 24)


def byte_at(s, i):
    """Byte `i`, unchecked."""
    return load(storage("uint8"), ptr_add(address(s), 24 + i))


def new_text(chars: int, size: int):
    """Address of a new string block whose text is still to be written; adopt it by `as_str`."""
    block = alloc(size + 8)
    store(storage("int64"), ptr_add(block, 8), chars)
    store(storage("int64"), ptr_add(block, 16), size)
    return block


def put_text(block, at: int, s):
    """Copies the text of `s` into a new block at byte `at`; returns the place behind it."""
    size = byte_count(s)
    charge(size >> 6)
    copy_bytes(ptr_add(block, 24 + at), text_start(s), size)
    return at + size


def put_byte(block, at: int, byte: int):
    """Writes one byte into a new block."""
    store(storage("uint8"), ptr_add(block, 24 + at), byte)
