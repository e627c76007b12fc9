"""A growing run of bytes: text that is put together piece by piece, and may be divided into cells.

Its functions are cold: what they do is done by the host or the machine's copying, and a program that prints
is sooner through them than they are compiled for each place.
"""

from core.memory import alloc
from core.bulk import copy_bytes
from intrinsics import (
    address, as_block, as_str, cold, host_format_f64, i64_div_s, load, memory_copy, memory_fill, noinline,
    null_block, ptr_add, storage, store,
)
from pandas._columns.text import characters


class Writer:
    """The bytes so far, how many there are and how many fit. Then the cells: a block with the end and the
    characters of each, how many there are and fit, and the characters of the longest."""

    data: any
    used: any
    room: any
    ends: any
    count: any
    cells: any
    widest: any

    @noinline
    def reserve(self, more):
        """Address behind the text, with room for so many bytes."""
        if self.used + more > self.room:
            self.room = self.used + more + (self.used >> 1) + 1024
            self.data = _grown(self.data, self.used, self.room)
        return ptr_add(address(self.data), 16 + self.used)

    @noinline
    def put_bytes(self, start, length):
        memory_copy(self.reserve(length), start, length)
        self.used = self.used + length

    @cold
    def put(self, text: str):
        start = address(text)
        self.put_bytes(ptr_add(start, 24), load(storage("int64"), ptr_add(start, 16)))

    @cold
    def put_byte(self, byte):
        store(storage("uint8"), self.reserve(1), byte)
        self.used = self.used + 1

    @cold
    def pad(self, count):
        """So many spaces; none if that is negative."""
        if count > 0:
            memory_fill(self.reserve(count), 32, count)
            self.used = self.used + count

    @cold
    def put_float(self, number, how, precision):
        """A float in the way of a format letter."""
        to = self.reserve(400)
        self.used = self.used + host_format_f64(number, how, precision, to)

    @cold
    def put_int(self, number, width):
        """An integer in decimal, with zeros in front up to a width."""
        if number < 0:
            self.put_byte(45)
        digits = 1
        # Negative numbers have the larger range.
        rest = number
        if rest > 0:
            rest = -rest
        scale = 1
        while digits < 19 and rest <= -10 * scale:
            scale = scale * 10
            digits += 1
        while digits < width:
            self.put_byte(48)
            width = width - 1
        while scale > 0:
            part = i64_div_s(rest, scale)
            self.put_byte(48 - part)
            rest = rest - part * scale
            scale = i64_div_s(scale, 10)

    @cold
    def close(self):
        """What was written since the last one is a cell."""
        if self.count == self.cells:
            self.cells = 2 * self.cells + 64
            self.ends = _grown(self.ends, 16 * self.count, 16 * self.cells)
        begin = self.end_of(self.count - 1)
        width = characters(ptr_add(address(self.data), 16 + begin), self.used - begin)
        to = ptr_add(address(self.ends), 16 + 16 * self.count)
        store(storage("int64"), to, self.used)
        store(storage("int64"), ptr_add(to, 8), width)
        self.count = self.count + 1
        if width > self.widest:
            self.widest = width

    def cell(self, text):
        """A cell with this text."""
        self.put(text)
        self.close()

    @cold
    def end_of(self, i):
        """Where cell `i` ends; the first cell begins where cell -1 ends."""
        if i < 0:
            return 0
        return load(storage("int64"), ptr_add(address(self.ends), 16 + 16 * i))

    def start_of(self, i):
        """Address of a cell's bytes."""
        return ptr_add(address(self.data), 16 + self.end_of(i - 1))

    def bytes_of(self, i):
        return self.end_of(i) - self.end_of(i - 1)

    def width_of(self, i):
        """Characters of a cell."""
        return load(storage("int64"), ptr_add(address(self.ends), 24 + 16 * i))

    @cold
    def put_cell(self, cells, i, before, after):
        """A cell of another writer, between so many spaces."""
        self.pad(before)
        self.put_bytes(cells.start_of(i), cells.bytes_of(i))
        self.pad(after)

    @cold
    def finish(self):
        """The text as a `str`."""
        block = alloc(self.used + 8)
        start = ptr_add(address(self.data), 16)
        store(storage("int64"), ptr_add(block, 8), characters(start, self.used))
        store(storage("int64"), ptr_add(block, 16), self.used)
        copy_bytes(ptr_add(block, 24), start, self.used)
        return as_str(block)


@noinline
def new_writer():
    return Writer(as_block(alloc(1024)), 0, 1024, null_block(), 0, 0, 0)


@cold
def _grown(block, used, room):
    """A larger block with the same bytes."""
    larger = alloc(room)
    copy_bytes(ptr_add(larger, 16), ptr_add(address(block), 16), used)
    return as_block(larger)
