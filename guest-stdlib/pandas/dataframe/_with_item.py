"""`frame["name"] = values`: the variable is then a frame with one column more.

Differences from pandas: only new names can be assigned, because another variable with the same frame
does not see the change.
"""

from intrinsics import check, is_static, sizeof, static_error, static_index, type_of
from pandas._columns.held import with_held
from pandas._columns.long import without_constants
from pandas._columns.selection import same_selection
from pandas.dataframe._columns import with_columns
from pandas.series._combine import same_labels, scalar
from pandas.series.type import Series

# Bytes of the columns that a frame holds itself, if it is given another one.
_ROOM = 256


def _with_item(self, name: static, values: static):
    """The frame with a further column."""
    if not isinstance(name, str) or not is_static(name):
        static_error("the name of a new column must be a literal")
    if static_index(self._names, name) >= 0:
        static_error("the frame has a column `", name, "` already | give the new column another name")
    if isinstance(values, Series):
        same = same_selection(values._rows, self._rows) and values._length == self._length
        same = same and same_labels(values._index, self._index)
        check(same, "ValueError", "the new column has other rows; pandas would align them by their labels")
        column = values._column
    else:
        column = scalar(values)
    names = self._names + (name,)
    columns = self._columns
    chain = self._chain
    if chain is None:
        if sizeof(type_of(columns)) <= _ROOM:
            return with_columns(self, names, columns + (column,), None)
        columns, chain = _all_held(columns)
    columns = columns + (-1 - chain._count,)
    return with_columns(self, names, columns, with_held(chain, without_constants(column)))


def _all_held(columns):
    """Columns that are all of the file or in a chain, and the chain."""
    held = ()
    chain = None
    for column in columns:
        if not isinstance(column, int):
            chain = with_held(chain, without_constants(column))
            column = -chain._count
        held = held + (column,)
    return held, chain
