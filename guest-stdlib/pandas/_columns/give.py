"""Columns as the host takes them: blocks of values, with a bitmap of those that are not missing.

Differences from pandas: NaN and NaT are NULL outside, as pyarrow makes them from pandas.
"""

from core.memory import alloc
from intrinsics import (
    address, as_block, coerce, i64_shl, load, noinline, ptr_add, static_error, storage, store,
)
from pandas._columns.gather import gather
from pandas._columns.kind import kind


def give_column(column, rows, length, count):
    """The selected values: a word, their type, whether some may be missing, how many there are, and blocks with
    the values (of text: where each begins), the bitmap, and the text."""
    dtype = column.dtype()
    if kind(dtype) == "other":
        static_error("a column of type `", dtype, "` cannot be handed to the host")
    found = gather(column, rows, length, count)
    whole = coerce(int, count)
    if kind(dtype) == "str":
        valid = bitmap(found, whole)
        return ("column", "str", True, whole, _offsets(found, whole), valid, found._bytes)
    if kind(dtype) == "float" or kind(dtype) == "datetime":
        return ("column", dtype, True, whole, found._data, bitmap(found, whole), None)
    return ("column", dtype, False, whole, found._data, None, None)


def give_labels(labelled):
    """Name and column of the labels, if they are no row numbers."""
    if labelled._index is None:
        return (), ()
    name = "index"
    if labelled._index_name is not None:
        name = labelled._index_name
    column = give_column(labelled._index, labelled._rows, labelled._length, labelled._count)
    return (name,), (column,)


@noinline
def bitmap(column, count):
    """A bit for each value of a column in memory, 1 if it is there, in words of 64."""
    block = as_block(alloc(((count + 63) >> 6) << 3))
    to = ptr_add(address(block), 16)
    done = 0
    while done < count:
        bits = 0
        have = count - done
        if have > 64:
            have = 64
        for i in range(have):
            if not column.missing(i, done):
                bits = bits | i64_shl(1, i)
        store(storage("int64"), ptr_add(to, done >> 3), bits)
        done += 64
    return block


@noinline
def _offsets(texts, count):
    """Where each text begins, and where the last ends, from the cells; a missing one is empty."""
    block = as_block(alloc(4 * (count + 1)))
    to = ptr_add(address(block), 16)
    end = 0
    for i in range(count):
        store(storage("int32"), ptr_add(to, 4 * i), end)
        length = load(storage("int64"), ptr_add(address(texts._cells), 24 + 16 * i))
        if length > 0:
            end += length
            if end > 2147483647:
                raise MemoryError("a column of more than 2 GiB of text")
    store(storage("int32"), ptr_add(to, 4 * count), end)
    return block
