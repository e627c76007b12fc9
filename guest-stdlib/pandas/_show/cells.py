"""Texts in a row: what one column of a printed table is made of."""

from core.memory import alloc
from intrinsics import address, as_block, load, memory_copy, noinline, ptr_add, storage, store
from pandas._columns.text import characters
from pandas._columns.writer import new_writer


class Cells:
    """A writer with the texts one after the other, where each ends, and how many there are and fit."""

    writer: any
    ends: any
    count: any
    room: any

    def close(self):
        """What was written since the last one is a cell."""
        if self.count == self.room:
            _grow(self)
        store(storage("int64"), ptr_add(address(self.ends), 16 + 8 * self.count), self.writer.used)
        self.count = self.count + 1

    def put(self, text):
        """A cell with this text."""
        self.writer.put(text)
        self.close()

    def begin_of(self, i):
        if i == 0:
            return 0
        return load(storage("int64"), ptr_add(address(self.ends), 8 + 8 * i))

    def end_of(self, i):
        return load(storage("int64"), ptr_add(address(self.ends), 16 + 8 * i))

    def start_of(self, i):
        """Address of a cell's bytes."""
        return ptr_add(address(self.writer.data), 16 + self.begin_of(i))

    def bytes_of(self, i):
        return self.end_of(i) - self.begin_of(i)

    def width_of(self, i):
        """Characters of a cell."""
        return characters(self.start_of(i), self.bytes_of(i))

    def widest(self):
        """Characters of the longest cell."""
        most = 0
        for i in range(self.count):
            width = self.width_of(i)
            if width > most:
                most = width
        return most

    def copy_to(self, i, writer):
        writer.put_bytes(self.start_of(i), self.bytes_of(i))


def new_cells():
    return Cells(new_writer(), as_block(alloc(8 * 64)), 0, 64)


@noinline
def _grow(cells):
    room = 2 * cells.room
    block = alloc(8 * room)
    memory_copy(ptr_add(block, 16), ptr_add(address(cells.ends), 16), 8 * cells.room)
    cells.ends = as_block(block)
    cells.room = room


@noinline
def justified(cells, width, right):
    """The cells padded to a width; right-justified or left."""
    out = new_cells()
    for i in range(cells.count):
        gap = width - cells.width_of(i)
        if right:
            out.writer.pad(gap)
        cells.copy_to(i, out.writer)
        if not right:
            out.writer.pad(gap)
        out.close()
    return out


@noinline
def shortened(cells, most):
    """The cells with at most so many characters: longer ones end in dots."""
    if cells.widest() <= most:
        return cells
    out = new_cells()
    for i in range(cells.count):
        if cells.width_of(i) > most:
            start = cells.start_of(i)
            out.writer.put_bytes(start, _prefix(start, most - 3))
            out.writer.put("...")
        else:
            cells.copy_to(i, out.writer)
        out.close()
    return out


def _prefix(start, count):
    """Bytes of the first characters."""
    at = 0
    seen = 0
    while True:
        if load(storage("uint8"), ptr_add(start, at)) & 192 != 128:
            if seen == count:
                return at
            seen += 1
        at += 1
    return at
