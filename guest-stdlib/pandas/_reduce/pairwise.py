"""Sums of floats in the order in which NumPy adds them, so that the last digit agrees.

Method: pairwise summation (NumPy's `pairwise_sum`: halves down to runs of at most 128 values, each
added up in eight lanes), over a stream: an explicit stack stands for the recursion. Missing values
count as zero.
"""

from core.memory import alloc
from intrinsics import (
    address, as_block, cold, f64x2_add, f64x2_extract, inline, is_null, load, noinline, ptr_add, select, simd_load,
    storage, store,
)
from pandas._columns.file import VALUES, Cursor
from pandas._columns.gather import min_rows
from pandas._columns.kind import kind
from pandas._columns.operation import may_raise
from pandas._columns.selection import is_selected

_RUN = 128


@noinline
def pairwise_sum(column, rows, length, count):
    """(sum of the values that are not missing, how many there are)."""
    stack = as_block(alloc(1024))
    scratch = as_block(alloc(1032))
    top = ptr_add(address(stack), 16)
    run = ptr_add(address(scratch), 16)
    bound = column.bind(())
    some = not is_null(rows)
    depth = 0
    size = count
    total = 0.0
    base = 0
    have = 0
    at = 0
    missing = 0
    while True:
        size, depth = _down(top, depth, size)
        # One run of values: as it lies in the batch, or collected.
        total = 0.0
        whole = False
        if plain(bound) and not some:
            if at + size <= have:
                total = run_sum(plain_start(bound, at), size)
                whole = total == total
                if whole:
                    at += size
        if not whole:
            filled = 0
            while filled < size:
                if at == have:
                    base += have
                    have = min_rows(length - base)
                    bound.fill(have, base)
                    at = 0
                if some:
                    while at < have and filled < size:
                        chosen = is_selected(rows, base + at)
                        x = value_at(bound, at, base, chosen)
                        lost = x != x
                        store(storage("float64"), ptr_add(run, 8 * filled), select(lost, 0.0, x))
                        missing += chosen & lost
                        filled += chosen
                        at += 1
                else:
                    take = size - filled
                    if have - at < take:
                        take = have - at
                    for i in range(take):
                        x = bound.at(at + i, base)
                        lost = x != x
                        store(storage("float64"), ptr_add(run, 8 * (filled + i)), select(lost, 0.0, x))
                        missing += lost
                    at += take
                    filled += take
            total = run_sum(run, size)
        total, depth = _up(top, depth, total)
        if depth == 0:
            break
        place = ptr_add(top, 16 * (depth - 1))
        size = load(storage("int64"), place)
        store(storage("int64"), place, -1)
        store(storage("float64"), ptr_add(place, 8), total)
    bound.close()
    return total, count - missing


@cold
def _down(top, depth, size):
    """Puts right halves on the stack until what is left is a run."""
    while size > _RUN:
        half = (size >> 1) & -8
        store(storage("int64"), ptr_add(top, 16 * depth), size - half)
        depth += 1
        size = half
    return size, depth


@cold
def _up(top, depth, total):
    """A run is the last of all subtrees whose right halves are done: adds these up."""
    while depth > 0 and load(storage("int64"), ptr_add(top, 16 * (depth - 1))) < 0:
        depth -= 1
        total = load(storage("float64"), ptr_add(top, 16 * depth + 8)) + total
    return total, depth


def plain(column):
    """True for a column of floats whose values lie in the batch as they are."""
    if isinstance(column, Cursor):
        return kind(column._dtype) == "float" and not column._nulls
    return False


@inline
def value_at(bound, at, base, chosen):
    """The value of a row, which does not matter if the row is not chosen."""
    if may_raise(bound):
        if not chosen:
            return 0.0
    return bound.at(at, base)


@inline
def plain_start(column, at):
    if isinstance(column, Cursor):
        return ptr_add(address(column._buffer), VALUES + 8 * at)
    return ptr_add(address(column), at)


@noinline
def run_sum(start, count):
    """Sum of at most 128 floats in eight lanes."""
    total = 0.0
    i = 0
    if count >= 8:
        a = simd_load(start)
        b = simd_load(ptr_add(start, 16))
        c = simd_load(ptr_add(start, 32))
        d = simd_load(ptr_add(start, 48))
        i = 8
        while i + 8 <= count:
            p = ptr_add(start, 8 * i)
            a = f64x2_add(a, simd_load(p))
            b = f64x2_add(b, simd_load(ptr_add(p, 16)))
            c = f64x2_add(c, simd_load(ptr_add(p, 32)))
            d = f64x2_add(d, simd_load(ptr_add(p, 48)))
            i += 8
        total = ((lanes(a) + lanes(b)) + (lanes(c) + lanes(d)))
    while i < count:
        total += load(storage("float64"), ptr_add(start, 8 * i))
        i += 1
    return total


@inline
def lanes(pair):
    return f64x2_extract(pair, 0) + f64x2_extract(pair, 1)
