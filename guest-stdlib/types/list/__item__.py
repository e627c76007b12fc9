"""Access by position for loops."""

from intrinsics import load
from types.list._place import place


def __item__(self, i: int):
    """Element `i`, unchecked."""
    return load(self.dtype, place(self, i))
