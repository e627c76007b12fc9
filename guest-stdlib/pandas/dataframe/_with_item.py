"""`frame["name"] = values`: the variable is then a frame with one column more.

Differences from pandas: only new names can be assigned, because another variable with the same frame
does not see the change.
"""

from intrinsics import check, is_static, null_block, sizeof, static_error, static_index, type_of
from pandas._columns.held import Chain, Held
from pandas._columns.long import without_constants
from pandas._columns.selection import same_selection
from pandas.dataframe.type import DataFrame
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
    # Each step that is a function of its own is one for each column of a wide frame, so there are few.
    columns = self._columns
    chain = self._chain
    if chain is None and sizeof(type_of(columns)) <= _ROOM:
        columns = columns + (column,)
    else:
        if chain is None:
            columns, chain = _all_held(columns)
        columns = columns + (-1 - chain._count,)
        chain = Chain(chain._count + 1, Held(chain._last, without_constants(column)))
    return DataFrame(
        self._names + (name,),
        columns,
        chain,
        self._file,
        self._source,
        self._index,
        self._index_name,
        self._rows,
        self._length,
        self._count,
    )


def _all_held(columns):
    """Columns that are all of the file or in a chain, and the chain."""
    held = ()
    chain = Chain(0, null_block())
    for column in columns:
        if not isinstance(column, int):
            chain = Chain(chain._count + 1, Held(chain._last, without_constants(column)))
            column = -chain._count
        held = held + (column,)
    return held, chain
