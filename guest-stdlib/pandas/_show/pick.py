"""The rows of a long column that are shown: the first five and the last five."""

from core.memory import alloc
from intrinsics import address, as_block, cold, is_null, load, memory_copy, ptr_add, sizeof, storage, store
from pandas._columns.gather import min_rows
from pandas._columns.kind import cell, kind
from pandas._columns.memory import Memory, TextMemory
from pandas._columns.rows import RowNumbers
from pandas._columns.selection import is_selected
from pandas._columns.writer import new_writer

MOST = 60
ENDS = 5


def shown_count(count):
    """How many rows are shown."""
    if count > MOST:
        return 2 * ENDS
    return count


@cold
def shown_rows(rows, length, count):
    """A block with the numbers of the rows that are shown."""
    shown = shown_count(count)
    block = as_block(alloc(8 * shown))
    first = shown
    if count > MOST:
        first = ENDS
    some = not is_null(rows)
    # The first rows from the start, then the others from the end.
    at = 0
    row = 0
    step = 1
    while at < shown:
        if at == first and step > 0:
            row = length - 1
            step = -1
        if not some or is_selected(rows, row):
            place = at
            if step < 0:
                place = shown - 1 - at + first
            store(storage("int64"), ptr_add(address(block), 16 + 8 * place), row)
            at += 1
        row += step
    return block


def pick(column, picked, count, length):
    """The values of the picked rows in memory."""
    if isinstance(column, RowNumbers):
        return Memory(picked, "int64")
    if isinstance(column, Memory):
        return Memory(_picked(column._data, picked, count, sizeof(cell(column._dtype))), column._dtype)
    if isinstance(column, TextMemory):
        return TextMemory(_picked(column._cells, picked, count, 16), column._bytes)
    if kind(column.dtype()) == "str":
        return _pick_text(column, picked, count, length)
    return _pick_values(column, picked, count, length)


@cold
def _picked(block, picked, count, size):
    """The picked ones of the values of a size that lie in a block."""
    out = as_block(alloc(count * size))
    for i in range(count):
        from_row = ptr_add(address(block), 16 + _row(picked, i) * size)
        memory_copy(ptr_add(address(out), 16 + i * size), from_row, size)
    return out


@cold
def _pick_values(column, picked, count, length):
    dtype = column.dtype()
    size = sizeof(cell(dtype))
    block = as_block(alloc(count * size))
    bound = column.bind(())
    base = 0
    at = 0
    while at < count:
        have = min_rows(length - base)
        bound.fill(have, base)
        while at < count and _row(picked, at) < base + have:
            store(cell(dtype), ptr_add(address(block), 16 + at * size), bound.at(_row(picked, at) - base, base))
            at += 1
        base += have
    bound.close()
    return Memory(block, dtype)


@cold
def _pick_text(column, picked, count, length):
    cells = as_block(alloc(16 * count))
    writer = new_writer()
    bound = column.bind(())
    base = 0
    at = 0
    while at < count:
        have = min_rows(length - base)
        bound.fill(have, base)
        while at < count and _row(picked, at) < base + have:
            text = bound.at(_row(picked, at) - base, base)
            to = ptr_add(address(cells), 16 + 16 * at)
            store(storage("int64"), to, writer.used)
            store(storage("int64"), ptr_add(to, 8), text._length)
            if text._length > 0:
                writer.put_bytes(text._start, text._length)
            at += 1
        base += have
    bound.close()
    return TextMemory(cells, writer.data)


def _row(picked, at):
    return load(storage("int64"), ptr_add(address(picked), 16 + 8 * at))


def index_of(owner):
    """The labels of a frame or column, as a column."""
    if owner._index is None:
        return RowNumbers(None)
    return owner._index
