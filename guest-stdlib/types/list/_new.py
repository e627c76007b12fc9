"""Making lists."""

from core.memory import alloc
from intrinsics import as_block, sizeof
from types.list.type import list


def new_list(T, capacity: int):
    """A list without elements, with room for `capacity`."""
    return list(T, 0, capacity, as_block(alloc(capacity * sizeof(T))))
