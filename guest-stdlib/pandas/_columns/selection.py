"""Which rows of a frame are selected: a block with a byte for each row, or a null block for all."""

from core.memory import alloc
from intrinsics import address, as_block, inline, load, ptr_add, ptr_to_int, storage

BATCH = 8192


@inline
def is_selected(rows, row):
    """True if a row's byte is 1."""
    return load(storage("bool"), ptr_add(address(rows), 16 + row))


def same_selection(a, b):
    """True if two selections are one and the same."""
    return ptr_to_int(address(a)) == ptr_to_int(address(b))


def new_selection(length):
    return as_block(alloc(length))
