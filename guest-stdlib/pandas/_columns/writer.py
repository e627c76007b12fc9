"""A growing run of bytes: text that is put together piece by piece."""

from core.memory import alloc
from intrinsics import (
    address, as_block, as_str, charge, host_format_f64, i64_div_s, load, memory_copy, noinline, ptr_add,
    storage, store,
)
from pandas._columns.text import characters


class Writer:
    """The bytes so far, how many there are and how many fit."""

    data: any
    used: any
    room: any

    def put_bytes(self, start, length):
        if self.used + length > self.room:
            _grow(self, length)
        charge(length >> 6)
        memory_copy(ptr_add(address(self.data), 16 + self.used), start, length)
        self.used = self.used + length

    def put(self, text):
        start = address(text)
        self.put_bytes(ptr_add(start, 24), load(storage("int64"), ptr_add(start, 16)))

    def put_byte(self, byte):
        if self.used + 1 > self.room:
            _grow(self, 1)
        store(storage("uint8"), ptr_add(address(self.data), 16 + self.used), byte)
        self.used = self.used + 1

    def pad(self, count):
        for i in range(count):
            self.put_byte(32)

    def put_float(self, number, how, precision):
        """A float in the way of a format letter."""
        if self.used + 400 > self.room:
            _grow(self, 400)
        to = ptr_add(address(self.data), 16 + self.used)
        self.used = self.used + host_format_f64(number, how, precision, to)

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

    def finish(self):
        """The text as a `str`."""
        block = alloc(self.used + 8)
        start = ptr_add(address(self.data), 16)
        store(storage("int64"), ptr_add(block, 8), characters(start, self.used))
        store(storage("int64"), ptr_add(block, 16), self.used)
        memory_copy(ptr_add(block, 24), start, self.used)
        return as_str(block)


def new_writer():
    return Writer(as_block(alloc(1024)), 0, 1024)


@noinline
def _grow(writer, more):
    room = writer.used + more + (writer.used >> 1) + 1024
    block = alloc(room)
    charge(room >> 6)
    memory_copy(ptr_add(block, 16), ptr_add(address(writer.data), 16), writer.used)
    writer.data = as_block(block)
    writer.room = room
