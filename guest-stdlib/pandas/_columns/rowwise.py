"""A function of one row, called for each row, with its results in memory."""

from core.memory import alloc
from core.bulk import fill_bytes
from intrinsics import address, as_block, charge, is_null, noinline, ptr_add, sizeof, store
from pandas._columns.gather import min_rows
from pandas._columns.kind import cell
from pandas._columns.memory import Memory
from pandas._columns.selection import is_selected
from pandas.row.type import Row


@noinline
def rowwise(func, names, columns, floats, dtype, rows, length):
    """A column of results; rows that are not selected have 0."""
    form = cell(dtype)
    size = sizeof(form)
    block = as_block(alloc(length * size))
    to = ptr_add(address(block), 16)
    some = not is_null(rows)
    if some:
        charge(length * size >> 6)
        fill_bytes(to, 0, length * size)
    bound = ()
    seen = ()
    for column in columns:
        cursor = column.bind(seen)
        seen = seen + cursor.cursors()
        bound = bound + (cursor,)
    base = 0
    while base < length:
        have = min_rows(length - base)
        for cursor in bound:
            cursor.fill(have, base)
        if some:
            for i in range(have):
                if is_selected(rows, base + i):
                    store(form, ptr_add(to, (base + i) * size), func(Row(names, bound, i, base, floats, None)))
        else:
            for i in range(have):
                store(form, ptr_add(to, (base + i) * size), func(Row(names, bound, i, base, floats, None)))
        base += have
    for cursor in bound:
        cursor.close()
    return Memory(block, dtype)


@noinline
def elementwise(func, column, dtype, rows, length):
    """The same for a function of the values of one column."""
    from_row = column.bind(())
    form = cell(dtype)
    size = sizeof(form)
    block = as_block(alloc(length * size))
    to = ptr_add(address(block), 16)
    some = not is_null(rows)
    if some:
        charge(length * size >> 6)
        fill_bytes(to, 0, length * size)
    base = 0
    while base < length:
        have = min_rows(length - base)
        from_row.fill(have, base)
        for i in range(have):
            if not some or is_selected(rows, base + i):
                row = Row(("value",), (from_row,), i, base, False, None)
                store(form, ptr_add(to, (base + i) * size), func(row.value))
        base += have
    from_row.close()
    return Memory(block, dtype)
