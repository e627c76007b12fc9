"""`frame["name"] = values`: the variable is then a frame with one column more.

Differences from pandas: only new names can be assigned, because another variable with the same frame
does not see the change.
"""

from intrinsics import check, is_static, static_error, static_index
from pandas._columns.selection import same_selection
from pandas.dataframe._columns import with_columns
from pandas.series._combine import same_labels, scalar
from pandas.series.type import Series


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
        return _wider(self, name, values._column)
    return _wider(self, name, scalar(values))


def _wider(frame, name, column):
    return with_columns(frame, frame._names + (name,), frame._columns + (column,))
