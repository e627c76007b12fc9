"""Room for more elements."""

from core.memory import alloc
from core.bulk import copy_bytes
from intrinsics import as_block, charge, noinline, ptr_add, sizeof
from types.list._place import place


@noinline
def grow(self, needed: int):
    """Moves the elements to a block with room for `needed` or half as many again."""
    size = sizeof(self.dtype)
    capacity = self.length + (self.length >> 1) + 4
    if capacity < needed:
        capacity = needed
    block = alloc(capacity * size)
    used = self.length * size
    charge(used >> 6)
    # The elements move with their counts; the old block is freed without dropping them.
    copy_bytes(ptr_add(block, 16), place(self, 0), used)
    self.data = as_block(block)
    self.capacity = capacity


def reserve(self, needed: int):
    """Makes sure that there is room for `needed` elements."""
    if needed > self.capacity:
        grow(self, needed)
