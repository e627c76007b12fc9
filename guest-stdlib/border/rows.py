"""A function of one row's values, called for each row of the columns that the host gave.

A NULL in any argument gives NULL, and the function is not called.
"""

from border._texts import new_texts
from core.memory import alloc
from core.bulk import fill_bytes
from intrinsics import (
    address, as_block, load, ptr_add, sizeof, static_error, static_map, storage, store, type_of, charge,
)
from pandas._columns.given import given_column
from pandas._columns.kind import cell
from pandas._columns.text import make_str
from pandas._columns.kind import kind
from pandas.timestamp.type import Timestamp


def rows(f, *given):
    """A frame of one column, `result`."""
    columns = static_map(given_column, given[0][2])
    if len(columns) == 0:
        static_error("a function of rows needs at least one column")
    count = columns[0]._length
    dtype = _dtype_of(f, columns)
    nulls = _nullable(columns)
    valid = None
    if nulls:
        valid = _merged(columns, count)
    if dtype == "str":
        texts = _text_rows(f, columns, count, valid)
        column = ("column", "str", nulls, count, texts.offsets, valid, texts.data)
    else:
        column = ("column", dtype, nulls, count, _plain_rows(f, columns, count, valid, dtype), valid, None)
    return ("frame", ("result",), (column,))


def _values(columns, i):
    """Arguments for a row."""
    values = ()
    for column in columns:
        values = values + (_value(column, i),)
    return values


def _value(column, i):
    found = column.value(i)
    if kind(column._dtype) == "str":
        return make_str(found._start, found._length)
    if kind(column._dtype) == "datetime":
        return Timestamp(found, column._dtype)
    return found


def _dtype_of(f, columns):
    """Type of the column of results. The calls are typed here and never made."""
    if isinstance(f(*_values(columns, 0)), bool):
        return "bool"
    if isinstance(f(*_values(columns, 0)), int):
        return "int64"
    if isinstance(f(*_values(columns, 0)), float):
        return "float64"
    if isinstance(f(*_values(columns, 0)), str):
        return "str"
    if isinstance(f(*_values(columns, 0)), Timestamp):
        # There is no other way to a time than from an argument.
        for column in columns:
            if type_of(f(*_values(columns, 0))) == type_of(_value(column, 0)):
                return column._dtype
    static_error(
        "a function of rows must return a number, a bool, a string or a time, not `",
        type_of(f(*_values(columns, 0))), "`",
    )


def _nullable(columns):
    found = False
    for column in columns:
        if column._nulls:
            found = True
    return found


def _merged(columns, count):
    """The bitmap of the rows in which all values are there."""
    size = ((count + 63) >> 6) << 3
    block = as_block(alloc(size))
    to = ptr_add(address(block), 16)
    charge(size >> 6)
    fill_bytes(to, 255, size)
    for column in columns:
        if column._nulls:
            for at in range(0, size, 8):
                both = load(storage("int64"), ptr_add(to, at))
                both = both & load(storage("int64"), ptr_add(address(column._valid), 16 + at))
                store(storage("int64"), ptr_add(to, at), both)
    return block


def _is_there(valid, i):
    if valid is None:
        return True
    word = load(storage("int64"), ptr_add(address(valid), 16 + ((i >> 6) << 3)))
    return (word >> (i & 63)) & 1 != 0


def _plain_rows(f, columns, count, valid, dtype):
    form = cell(dtype)
    block = as_block(alloc(count * sizeof(form)))
    to = ptr_add(address(block), 16)
    if valid is None:
        for i in range(count):
            store(form, ptr_add(to, i * sizeof(form)), _stored(f(*_values(columns, i))))
    else:
        charge(count * sizeof(form) >> 6)
        fill_bytes(to, 0, count * sizeof(form))
        for i in range(count):
            if _is_there(valid, i):
                store(form, ptr_add(to, i * sizeof(form)), _stored(f(*_values(columns, i))))
    return block


def _stored(result):
    if isinstance(result, Timestamp):
        return result._moment
    return result


def _text_rows(f, columns, count, valid):
    texts = new_texts(count)
    for i in range(count):
        if _is_there(valid, i):
            texts.put(f(*_values(columns, i)))
        texts.close()
    return texts
