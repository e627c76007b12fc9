"""Reductions of every column of a frame: a Series with the column names as labels."""

from core.memory import alloc
from intrinsics import (
    address, as_block, null_block, ptr_add, sizeof, static_error, static_len, static_map, storage, store,
)
from pandas._columns.kind import cell, is_number
from pandas._columns.memory import Memory, TextMemory
from pandas._columns.text import text_of
from pandas.series.type import Series


def reduce_frame(frame, names, what):
    """`what` of the named columns."""

    def one(name: static):
        column = frame[name]
        if what != "count" and not is_number(column._column.dtype()):
            static_error(
                "`", what, "` of a frame needs columns of numbers; `", _plain(name), "` is `", column._column.dtype(),
                "` | choose columns first: df[[\"a\", \"b\"]].", what, "()",
            )
        return getattr(column, what)()

    return labelled(names, static_map(one, names))


def numeric_names(frame, only):
    """The columns to go through: all, or those of numbers."""
    if not only:
        return frame._names
    names = ()
    for name in frame._names:
        if is_number(frame[name]._column.dtype()):
            names = names + (name,)
    return names


def labelled(names, results):
    """A Series of a few values."""
    dtype = _common(results)
    count = static_len(names)
    size = sizeof(cell(dtype))
    block = as_block(alloc(size * count))
    to = ptr_add(address(block), 16)
    for x in results:
        store(cell(dtype), to, x)
        to = ptr_add(to, size)
    return Series(Memory(block, dtype), None, labels(names), None, null_block(), count, count)


def labels(names):
    """Strings that are known when the function is compiled, as a column: one text holds them all."""
    joined = ""
    for name in names:
        joined = joined + name
    cells = as_block(alloc(16 * static_len(names)))
    to = ptr_add(address(cells), 16)
    # From the block's payload: a string's bytes come after their number.
    start = 8
    for name in names:
        size = text_of(name)._length
        store(storage("int64"), to, start)
        store(storage("int64"), ptr_add(to, 8), size)
        start += size
        to = ptr_add(to, 16)
    return TextMemory(cells, as_block(address(joined)))


def _common(results):
    dtype = "none"
    for x in results:
        mine = "float64"
        if isinstance(x, bool):
            mine = "bool"
        elif isinstance(x, int):
            mine = "int64"
        if dtype == "none":
            dtype = mine
        elif dtype != mine:
            if dtype == "bool" or mine == "bool":
                static_error("columns of bools and of numbers have no common type here | choose columns first")
            dtype = "float64"
    if dtype == "none":
        return "float64"
    return dtype


def _plain(name: static):
    return name
