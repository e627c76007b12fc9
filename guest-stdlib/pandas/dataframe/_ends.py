"""The first or last rows of what is selected."""

from core.bulk import fill_bytes
from intrinsics import address, charge, is_null, noinline, ptr_add, storage, store
from pandas._columns.selection import is_selected, new_selection


def head_rows(owner, n):
    """(selection, number of rows)."""
    count = _clipped(owner._count, n)
    return _run(owner._rows, owner._length, 0, count), count


def tail_rows(owner, n):
    """(selection, number of rows)."""
    count = _clipped(owner._count, n)
    return _run(owner._rows, owner._length, owner._count - count, count), count


def _clipped(count, n):
    if n < 0:
        n = count + n
        if n < 0:
            return 0
    if n > count:
        return count
    return n


@noinline
def _run(rows, length, skip, count):
    """The selected rows from number `skip` on."""
    out = new_selection(length)
    to = ptr_add(address(out), 16)
    charge(length >> 6)
    fill_bytes(to, 0, length)
    some = not is_null(rows)
    row = 0
    while count > 0:
        if not some or is_selected(rows, row):
            if skip > 0:
                skip -= 1
            else:
                store(storage("bool"), ptr_add(to, row), True)
                count -= 1
        row += 1
    return out
