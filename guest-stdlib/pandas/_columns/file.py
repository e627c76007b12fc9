"""Columns of a file: as a whole (`FileColumn`), and batch by batch (`Cursor`)."""

from core.memory import alloc, free
from intrinsics import (
    Block, address, as_block, host_dataset_rows, host_scan_close, host_scan_next, host_scan_open,
    host_scan_text, host_scan_text_len, inline, int_to_f64, int_to_ptr, load, noinline, null_block, ptr_add,
    ptr_to_int, select, static_error, storage, store, value,
)
from pandas._columns.gather import gather
from pandas._columns.kind import NAN, NAT, kind
from pandas._columns.memory import Memory, TextMemory
from pandas._columns.text import Text

BATCH = 8192

# Layout of a cursor's buffer, from the address of its block: the destinations for the host, the
# address and size of the text, the column's number, then values, validity and offsets.
_TABLE = 16
_TEXT = 32
_ROOM = 40
_NUMBER = 48
VALUES = 64
_VALID = 64 + 8 * 8192
_OFFSETS = 64 + 9 * 8192
_END = 64 + 17 * 8192 + 8


@value
class FileColumn:
    """A column of a dataset, by number, with its type and whether it has nulls. The number is a value
    at run time, so that columns of one type share their code."""

    _source: any
    _number: any
    _dtype: any
    _nulls: any

    def dtype(self):
        return _shown_dtype(self._dtype, self._nulls)

    def bind(self, seen):
        for other in seen:
            if other._dtype == self._dtype and other._nulls == self._nulls:
                if other._number == self._number and other._handle == self._source.handle:
                    return Cursor(other._buffer, -1, other._handle, self._number, self._dtype, self._nulls)
        buffer = _new_buffer(self._number, kind(self._dtype) == "str", self._nulls)
        scan = host_scan_open(self._source.handle, ptr_add(address(buffer), _NUMBER), 1)
        return Cursor(buffer, scan, self._source.handle, self._number, self._dtype, self._nulls)

    def at(self, i, base):
        return self.loaded().at(i, base)

    def loaded(self):
        """The whole column in memory; it stays there as long as the dataset."""
        slot = ptr_add(address(self._source.cache), 16 + 16 * self._number)
        if load(storage("uint32"), slot) == 0:
            _load_all(self, slot)
        if kind(self._dtype) == "str":
            return TextMemory(load(Block, slot), load(Block, ptr_add(slot, 8)))
        return Memory(load(Block, slot), self.dtype())


@value
class Cursor:
    """A column of the current batch. A scan of -1 marks a buffer that another cursor fills."""

    _buffer: any
    _scan: any
    _handle: any
    _number: any
    _dtype: any
    _nulls: any

    def dtype(self):
        return _shown_dtype(self._dtype, self._nulls)

    def cursors(self):
        return (self,)

    def fill(self, rows, base):
        if self._scan >= 0:
            data = address(self._buffer)
            host_scan_next(self._scan, rows, ptr_add(data, _TABLE))
            if kind(self._dtype) == "str":
                _fill_text(self._scan, data)

    def close(self):
        if self._scan >= 0:
            host_scan_close(self._scan)
            if kind(self._dtype) == "str":
                _free_text(address(self._buffer))

    @inline
    def missing(self, i, base):
        if kind(self._dtype) == "float":
            found = self.at(i, base)
            return found != found
        if self._nulls:
            return load(storage("uint8"), ptr_add(address(self._buffer), _VALID + i)) == 0
        return False

    @inline
    def at(self, i, base):
        data = address(self._buffer)
        if kind(self._dtype) == "float":
            number = load(storage("float64"), ptr_add(data, VALUES + 8 * i))
            if self._nulls:
                return select(_is_valid(data, i), number, NAN)
            return number
        if kind(self._dtype) == "int":
            whole = load(storage("int64"), ptr_add(data, VALUES + 8 * i))
            if self._nulls:
                return select(_is_valid(data, i), int_to_f64(whole), NAN)
            return whole
        if kind(self._dtype) == "datetime":
            moment = load(storage("int64"), ptr_add(data, VALUES + 8 * i))
            if self._nulls:
                return select(_is_valid(data, i), moment, NAT)
            return moment
        if kind(self._dtype) == "bool":
            if self._nulls:
                static_error("a bool column with missing values can only be counted")
            return load(storage("bool"), ptr_add(data, VALUES + i))
        if kind(self._dtype) == "str":
            return _text_at(data, i, self._nulls)
        static_error("columns of type `", self._dtype, "` can only be counted")


def _shown_dtype(dtype, nulls):
    """pandas turns integers with nulls into floats."""
    if nulls and kind(dtype) == "int":
        return "float64"
    return dtype


@inline
def _is_valid(data, i):
    return load(storage("uint8"), ptr_add(data, _VALID + i)) != 0


@inline
def _text_at(data, i, nulls):
    at = ptr_add(data, _OFFSETS + 8 * i)
    start = load(storage("int64"), at)
    length = load(storage("int64"), ptr_add(at, 8)) - start
    if nulls:
        length = select(_is_valid(data, i), length, -1)
    text = int_to_ptr(load(storage("uint32"), ptr_add(data, _TEXT)))
    return Text(ptr_add(text, 16 + start), length)


@noinline
def _new_buffer(number, text, nulls):
    size = _VALID
    if nulls:
        size = _OFFSETS
    if text:
        size = _END
    block = alloc(size)
    store(storage("uint32"), ptr_add(block, _TABLE), ptr_to_int(block) + VALUES)
    valid = 0
    if nulls:
        valid = ptr_to_int(block) + _VALID
    store(storage("uint32"), ptr_add(block, _TABLE + 4), valid)
    store(storage("uint32"), ptr_add(block, _TABLE + 8), ptr_to_int(block) + _OFFSETS)
    store(storage("uint32"), ptr_add(block, _TABLE + 12), 0)
    store(storage("uint32"), ptr_add(block, _TEXT), 0)
    store(storage("int64"), ptr_add(block, _ROOM), 0)
    store(storage("int64"), ptr_add(block, _NUMBER), number)
    return as_block(block)


@noinline
def _fill_text(scan, data):
    size = host_scan_text_len(scan, 0)
    if size > load(storage("int64"), ptr_add(data, _ROOM)) or load(storage("uint32"), ptr_add(data, _TEXT)) == 0:
        _free_text(data)
        room = size + (size >> 1) + 64
        store(storage("uint32"), ptr_add(data, _TEXT), ptr_to_int(alloc(room)))
        store(storage("int64"), ptr_add(data, _ROOM), room)
    text = int_to_ptr(load(storage("uint32"), ptr_add(data, _TEXT)))
    host_scan_text(scan, 0, ptr_add(text, 16))


@noinline
def _free_text(data):
    text = load(storage("uint32"), ptr_add(data, _TEXT))
    if text != 0:
        free(int_to_ptr(text))
        store(storage("uint32"), ptr_add(data, _TEXT), 0)


@noinline
def _load_all(column, slot):
    rows = host_dataset_rows(column._source.handle)
    found = gather(column, null_block(), rows, rows)
    if isinstance(found, TextMemory):
        store(Block, slot, found._cells)
        store(Block, ptr_add(slot, 8), found._bytes)
    else:
        store(Block, slot, found._data)
