"""Reductions of groups: one pass over key and value, batch by batch; memory grows with the number of
groups only.

Method: a hash table from key to group, sums with Kahan's compensation like pandas, keys sorted at the
end.
"""

from core.memory import alloc
from intrinsics import (
    address, as_block, coerce, f64_div, int_to_f64, is_null, load, noinline, null_block, ptr_add, select,
    sizeof, static_error, storage, store,
)
from pandas._columns.gather import min_rows
from pandas._columns.kind import NAN, cell, is_number, kind
from pandas._columns.memory import Memory
from pandas._columns.selection import is_selected
from pandas._group.order import sorted_groups
from pandas._group.table import STATE, group_of, new_groups, sorted_keys
from pandas.dataframe.type import DataFrame
from pandas.series.type import Series


def reduce_frame_groups(groups, what):
    """A frame with a row for each group, of all columns but the key."""
    names = ()
    columns = ()
    frame = groups._frame
    index = None
    for name in frame._names:
        if name != groups._key:
            reduced = reduce_groups(frame, groups._key, frame[name]._column, name, what)
            names = names + (name,)
            columns = columns + (reduced._column,)
            index = reduced._index
            count = reduced._count
    return DataFrame(names, columns, None, None, None, index, groups._key, null_block(), count, count)


def reduce_groups(frame, key, column, name, what):
    """A Series with a value for each group, labelled by the key."""
    dtype = column.dtype()
    if what != "count" and not is_number(dtype):
        static_error("`", what, "` of groups needs a column of numbers, not `", dtype, "`")
    keys = frame[key]._column
    if kind(keys.dtype()) == "other":
        static_error("a column of type `", keys.dtype(), "` cannot be a key")
    groups = _collect(keys, column, frame._rows, frame._length, what)
    order = sorted_groups(groups, keys.dtype())
    values = _results(groups, order, dtype, what)
    labels = sorted_keys(groups, order, keys.dtype())
    return Series(values, name, labels, key, null_block(), groups.count, groups.count)


@noinline
def _collect(keys, column, rows, length, what):
    groups = new_groups(keys.dtype())
    key = keys.bind(())
    values = column.bind(key.cursors())
    some = not is_null(rows)
    base = 0
    while base < length:
        have = min_rows(length - base)
        key.fill(have, base)
        values.fill(have, base)
        for i in range(have):
            if not some or is_selected(rows, base + i):
                if not key.missing(i, base):
                    state = group_of(groups, keys.dtype(), key.at(i, base))
                    if not values.missing(i, base):
                        if what == "count":
                            _count(state)
                        else:
                            _add(state, _number(values.at(i, base), what), what)
        base += have
    key.close()
    values.close()
    return groups


def _number(x, what):
    if what == "mean":
        return coerce(float, x)
    if isinstance(x, bool):
        return coerce(int, x)
    return x


def _count(state):
    store(storage("int64"), state, load(storage("int64"), state) + 1)


def _add(state, x, what):
    """Adds a value to a group: count, then sum and compensation, or the best value so far."""
    if isinstance(x, float):
        form = storage("float64")
    else:
        form = storage("int64")
    place = ptr_add(state, 8)
    old = load(form, place)
    seen = load(storage("int64"), state)
    if what == "min" or what == "max":
        if what == "min":
            better = x < old
        else:
            better = x > old
        store(form, place, select(seen == 0 or better, x, old))
    elif isinstance(x, float):
        y = x - load(form, ptr_add(state, 16))
        t = old + y
        rest = t - old - y
        store(form, ptr_add(state, 16), select(rest != rest, 0.0, rest))
        store(form, place, t)
    else:
        store(form, place, old + x)
    store(storage("int64"), state, seen + 1)


def result_dtype(dtype, what):
    """Type of a reduction of a column."""
    if what == "count":
        return "int64"
    if what == "mean":
        return "float64"
    if what == "sum":
        if kind(dtype) == "float":
            return "float64"
        return "int64"
    return dtype


@noinline
def _results(groups, order, dtype, what):
    shown = result_dtype(dtype, what)
    form = cell(shown)
    block = as_block(alloc(groups.count * sizeof(form)))
    for i in range(groups.count):
        group = load(storage("int64"), ptr_add(address(order), 16 + 8 * i))
        state = ptr_add(address(groups.states), 16 + STATE * group)
        store(form, ptr_add(address(block), 16 + i * sizeof(form)), _result(state, dtype, what))
    return Memory(block, shown)


def _result(state, dtype, what):
    seen = load(storage("int64"), state)
    place = ptr_add(state, 8)
    if what == "count":
        return seen
    if what == "mean":
        return f64_div(load(storage("float64"), place), int_to_f64(seen))
    if kind(dtype) == "float":
        found = load(storage("float64"), place)
        if what == "sum":
            return found
        return select(seen == 0, NAN, found)
    return load(storage("int64"), place)
