"""Columns that lie in memory, by the row's number."""

from intrinsics import address, inline, load, ptr_add, sizeof, storage, value
from pandas._columns.kind import NAT, cell, kind
from pandas._columns.text import Text


@value
class Memory:
    """A block of values without gaps: NaN and NaT are the missing ones."""

    _data: any
    _dtype: any

    def dtype(self):
        return self._dtype

    def bind(self, seen):
        return self

    def cursors(self):
        return ()

    def fill(self, rows, base):
        return None

    def close(self):
        return None

    @inline
    def at(self, i, base):
        return load(cell(self._dtype), ptr_add(address(self._data), 16 + (base + i) * sizeof(cell(self._dtype))))

    @inline
    def missing(self, i, base):
        found = self.at(i, base)
        if kind(self._dtype) == "float":
            return found != found
        if kind(self._dtype) == "datetime":
            return found == NAT
        return False


@value
class TextMemory:
    """Texts: a block with start and length of each, and a block with the bytes."""

    _cells: any
    _bytes: any

    def dtype(self):
        return "str"

    def bind(self, seen):
        return self

    def cursors(self):
        return ()

    def fill(self, rows, base):
        return None

    def close(self):
        return None

    @inline
    def at(self, i, base):
        at = ptr_add(address(self._cells), 16 + 16 * (base + i))
        start = load(storage("int64"), at)
        return Text(ptr_add(address(self._bytes), 16 + start), load(storage("int64"), ptr_add(at, 8)))

    @inline
    def missing(self, i, base):
        return self.at(i, base)._length < 0
