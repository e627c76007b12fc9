"""`list`: a growing array of elements of one type."""

from intrinsics import drop_at
from types.list._place import place


class list:
    """Elements lie in `data` one after the other, `length` of them, with room for `capacity`."""

    dtype: any
    length: int
    capacity: int
    data: any

    def __del__(self):
        drop_at(self.dtype, place(self, 0), self.length)

    def __len__(self):
        return self.length
