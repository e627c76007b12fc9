"""A column of texts that is being written: offsets, and the bytes one after the other."""

from core.memory import alloc
from core.bulk import copy_bytes
from intrinsics import address, as_block, load, noinline, ptr_add, storage, store


class Texts:
    """The block of offsets (int32) and how many there are, the block of bytes, how many are used and how many fit."""

    offsets: any
    count: any
    data: any
    used: any
    room: any

    @noinline
    def put(self, text: str):
        """Writes behind the last text."""
        start = address(text)
        length = load(storage("int64"), ptr_add(start, 16))
        if self.used + length > self.room:
            if self.used + length > 2147483647:
                raise MemoryError("a column of more than 2 GiB of text")
            self.room = self.used + length + (self.used >> 1) + 1024
            larger = alloc(self.room)
            copy_bytes(ptr_add(larger, 16), ptr_add(address(self.data), 16), self.used)
            self.data = as_block(larger)
        copy_bytes(ptr_add(address(self.data), 16 + self.used), ptr_add(start, 24), length)
        self.used = self.used + length

    @noinline
    def close(self):
        """What was written since the last one is a text."""
        self.count = self.count + 1
        store(storage("int32"), ptr_add(address(self.offsets), 16 + 4 * self.count), self.used)


@noinline
def new_texts(count):
    """With room for so many texts."""
    offsets = alloc(4 * (count + 1))
    store(storage("int32"), ptr_add(offsets, 16), 0)
    return Texts(as_block(offsets), 0, as_block(alloc(1024)), 0, 1024)
