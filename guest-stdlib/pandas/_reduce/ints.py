"""Sums of integers and bools."""

from intrinsics import is_null, noinline
from pandas._columns.gather import min_rows
from pandas._columns.selection import is_selected


@noinline
def int_sum(column, rows, length):
    """Sum of the selected values; wraps like NumPy's."""
    bound = column.bind(())
    some = not is_null(rows)
    total = 0
    base = 0
    while base < length:
        have = min_rows(length - base)
        bound.fill(have, base)
        if some:
            for i in range(have):
                if is_selected(rows, base + i):
                    total += bound.at(i, base)
        else:
            for i in range(have):
                total += bound.at(i, base)
        base += have
    bound.close()
    return total
