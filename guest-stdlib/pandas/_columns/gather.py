"""The selected rows of a column, read into memory."""

from core.memory import alloc
from intrinsics import address, as_block, is_null, ptr_add, sizeof, storage, store
from pandas._columns.kind import cell, kind
from pandas._columns.memory import Memory, TextMemory
from pandas._columns.selection import BATCH, is_selected
from pandas._columns.writer import new_writer


def gather(column, rows, length, count):
    """The values of `count` rows out of `length`: those whose byte in `rows` is 1, or all."""
    if kind(column.dtype()) == "str":
        return _gather_text(column, rows, length, count)
    dtype = column.dtype()
    size = sizeof(cell(dtype))
    block = as_block(alloc(count * size))
    bound = column.bind(())
    some = not is_null(rows)
    to = ptr_add(address(block), 16)
    base = 0
    while base < length:
        have = min_rows(length - base)
        bound.fill(have, base)
        if some:
            for i in range(have):
                if is_selected(rows, base + i):
                    store(cell(dtype), to, bound.at(i, base))
                    to = ptr_add(to, size)
        else:
            for i in range(have):
                store(cell(dtype), ptr_add(to, (base + i) * size), bound.at(i, base))
        base += have
    bound.close()
    return Memory(block, dtype)


def min_rows(left):
    """Rows of the next batch."""
    if left < BATCH:
        return left
    return BATCH


def _gather_text(column, rows, length, count):
    cells = as_block(alloc(16 * count))
    bound = column.bind(())
    some = not is_null(rows)
    writer = new_writer()
    to = ptr_add(address(cells), 16)
    base = 0
    while base < length:
        have = min_rows(length - base)
        bound.fill(have, base)
        for i in range(have):
            if not some or is_selected(rows, base + i):
                text = bound.at(i, base)
                store(storage("int64"), to, writer.used)
                store(storage("int64"), ptr_add(to, 8), text._length)
                if text._length > 0:
                    writer.put_bytes(text._start, text._length)
                to = ptr_add(to, 16)
        base += have
    bound.close()
    return TextMemory(cells, writer.data)
