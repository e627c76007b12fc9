"""How many values are not missing."""

from intrinsics import is_null, noinline
from pandas._columns.gather import min_rows
from pandas._columns.kind import kind
from pandas._columns.selection import is_selected


def present(column, rows, length, count):
    """Reads nothing if the type says that none can be missing."""
    if hasattr(column, "_nulls"):
        if not column._nulls and kind(column._dtype) != "float":
            return count
    elif kind(column.dtype()) == "int" or kind(column.dtype()) == "bool":
        return count
    return _count(column, rows, length)


@noinline
def _count(column, rows, length):
    bound = column.bind(())
    some = not is_null(rows)
    total = 0
    base = 0
    while base < length:
        have = min_rows(length - base)
        bound.fill(have, base)
        for i in range(have):
            if not some or is_selected(rows, base + i):
                total += not bound.missing(i, base)
        base += have
    bound.close()
    return total
