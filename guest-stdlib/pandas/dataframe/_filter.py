"""Rows of a frame or column by a column of bools."""

from intrinsics import address, check, is_null, load, noinline, ptr_add, static_error, storage, store
from pandas._columns.gather import min_rows
from pandas._columns.kind import kind
from pandas._columns.selection import is_selected, new_selection, same_selection
from pandas.dataframe._columns import with_rows


def filter_frame(frame, mask):
    """The rows where the mask is true."""
    rows = filter_rows(frame, mask)
    count = count_rows(rows, frame._length)
    return with_rows(frame, rows, count)


def filter_rows(owner, mask):
    """The selection of those rows of a frame or column for which the mask is true."""
    if kind(mask._column.dtype()) != "bool":
        static_error("a frame can be filtered by a column of bools, this column is `", mask._column.dtype(), "`")
    same = is_null(mask._rows) or same_selection(mask._rows, owner._rows)
    check(
        same and mask._length == owner._length,
        "ValueError",
        "the mask belongs to other rows than what it is to filter",
    )
    length = owner._length
    rows = new_selection(length)
    to = ptr_add(address(rows), 16)
    some = not is_null(owner._rows)
    bound = mask._column.bind(())
    base = 0
    while base < length:
        have = min_rows(length - base)
        bound.fill(have, base)
        if some:
            for i in range(have):
                keep = is_selected(owner._rows, base + i) and bound.at(i, base)
                store(storage("bool"), ptr_add(to, base + i), keep)
        else:
            for i in range(have):
                store(storage("bool"), ptr_add(to, base + i), bound.at(i, base))
        base += have
    bound.close()
    return rows


@noinline
def count_rows(rows, length):
    """How many rows are selected."""
    count = 0
    for i in range(length):
        count += load(storage("uint8"), ptr_add(address(rows), 16 + i))
    return count
