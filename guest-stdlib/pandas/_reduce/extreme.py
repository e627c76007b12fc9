"""The smallest or largest of the values that are not missing."""

from intrinsics import check, is_null, noinline
from pandas._columns.gather import min_rows
from pandas._columns.kind import NAN, NAT, kind
from pandas._columns.selection import is_selected


@noinline
def extreme(column, rows, length, largest):
    """NaN or NaT if there is none. Unlike pandas, of no integers it raises ValueError."""
    bound = column.bind(())
    some = not is_null(rows)
    dtype = column.dtype()
    best = start(dtype)
    found = False
    base = 0
    while base < length:
        have = min_rows(length - base)
        bound.fill(have, base)
        for i in range(have):
            if not some or is_selected(rows, base + i):
                if not bound.missing(i, base):
                    x = bound.at(i, base)
                    if not found or better(x, best, largest):
                        best = x
                        found = True
        base += have
    bound.close()
    if kind(dtype) == "int" or kind(dtype) == "bool":
        check(found, "ValueError", "no values to take the minimum or maximum of")
    return best


def start(dtype):
    if kind(dtype) == "float":
        return NAN
    if kind(dtype) == "datetime":
        return NAT
    if kind(dtype) == "bool":
        return False
    return 0


def better(x, best, largest):
    if isinstance(x, bool):
        if largest:
            return x
        return not x
    if largest:
        return x > best
    return x < best
