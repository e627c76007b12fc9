"""Texts one after the other: offsets, and the bytes. Written by `Texts`, read by `list_of`."""

from core.memory import alloc
from core.bulk import copy_bytes
from intrinsics import address, as_block, load, noinline, ptr_add, storage, store
from pandas._columns.text import make_str
from types.list._new import new_list


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


def list_of(count, offsets, data):
    """A list of the texts, of which there are `count`."""
    found = new_list(str, count)
    for i in range(count):
        at = ptr_add(address(offsets), 16 + 4 * i)
        start = load(storage("int32"), at)
        length = load(storage("int32"), ptr_add(at, 4)) - start
        found.append(make_str(ptr_add(address(data), 16 + start), length))
    return found
