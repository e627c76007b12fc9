"""The smallest or largest of the values that are not missing."""

from intrinsics import check, is_null, noinline
from pandas._columns.gather import min_rows
from pandas._columns.kind import NAN, NAT, kind
from pandas._columns.selection import is_selected
from pandas._reduce.present import present

_INFINITY = 1e999
_LARGEST = 9223372036854775807


@noinline
def extreme(column, rows, length, count, largest):
    """NaN or NaT if there is none. Unlike pandas, of no integers it raises ValueError."""
    dtype = column.dtype()
    if kind(dtype) == "int" or kind(dtype) == "bool":
        check(count > 0, "ValueError", "no values to take the minimum or maximum of")
    first = _start(dtype, largest)
    best = _scan(column, rows, length, largest, first)
    # The start may be a value of the column, or what is left when all values are missing.
    if kind(dtype) == "float":
        if best == first and present(column, rows, length, count) == 0:
            return NAN
    if kind(dtype) == "datetime":
        if best == first and present(column, rows, length, count) == 0:
            return NAT
    return best


def _scan(column, rows, length, largest, best):
    bound = column.bind(())
    some = not is_null(rows)
    dtype = column.dtype()
    base = 0
    while base < length:
        have = min_rows(length - base)
        bound.fill(have, base)
        if some:
            for i in range(have):
                if is_selected(rows, base + i):
                    x = bound.at(i, base)
                    if _better(dtype, x, best, largest):
                        best = x
        else:
            for i in range(have):
                x = bound.at(i, base)
                if _better(dtype, x, best, largest):
                    best = x
        base += have
    bound.close()
    return best


def _start(dtype, largest):
    """What every value is at least as good as."""
    if kind(dtype) == "float":
        if largest:
            return -_INFINITY
        return _INFINITY
    if kind(dtype) == "bool":
        return not largest
    if largest:
        return NAT
    return _LARGEST


def _better(dtype, x, best, largest):
    """False for missing values: NaN is neither less nor greater."""
    if kind(dtype) == "bool":
        if largest:
            return x
        return not x
    if largest:
        return x > best
    if kind(dtype) == "datetime":
        return x < best and x != NAT
    return x < best
