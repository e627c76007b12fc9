"""Single values and selected rows of a column."""

from intrinsics import check, check_position, is_null, static_error
from pandas._columns.kind import kind
from pandas._columns.selection import is_selected
from pandas._columns.text import make_str, same, text_of
from pandas.dataframe._filter import count_rows, filter_rows
from pandas.series.type import Series
from pandas.timestamp.type import Timestamp


def by_label(series, key: static):
    """`series[key]`: by label, or the rows where a column of bools is true."""
    if isinstance(key, Series):
        rows = filter_rows(series, key)
        count = count_rows(rows, series._length)
        index = series._index
        return Series(series._column, series._name, index, series._index_name, rows, series._length, count)
    if isinstance(key, str):
        return plain(series, _row_of_text(series, key))
    if isinstance(key, int):
        if series._index is None:
            row = check_position(key, series._length, "KeyError", "{0}")
            if not is_null(series._rows):
                check(is_selected(series._rows, row), "KeyError", "{0}", row)
            return plain(series, row)
        return plain(series, _row_of_int(series, key))
    static_error(
        "a column is indexed with a label or a column of bools",
        " | `.to_numpy()` gives an array that takes slices",
    )


def plain(series, row):
    """The value of a row as a plain value."""
    return plain_value(series._column, row)


def plain_value(column, row):
    found = column.at(0, row)
    dtype = column.dtype()
    if kind(dtype) == "str":
        return make_str(found._start, found._length)
    if kind(dtype) == "datetime":
        return Timestamp(found, dtype)
    return found


def _row_of_text(series, key):
    if series._index is None:
        static_error("the labels of this column are numbers")
    if kind(series._index.dtype()) != "str":
        static_error("the labels of this column are of type `", series._index.dtype(), "`")
    wanted = text_of(key)
    for row in range(series._length):
        label = series._index.at(0, row)
        if same(label._start, label._length, wanted._start, wanted._length):
            if is_null(series._rows) or is_selected(series._rows, row):
                return row
    raise KeyError(key)


def _row_of_int(series, key):
    if kind(series._index.dtype()) == "str":
        static_error("the labels of this column are strings")
    for row in range(series._length):
        if series._index.at(0, row) == key:
            if is_null(series._rows) or is_selected(series._rows, row):
                return row
    check(False, "KeyError", "{0}", key)
    return 0
