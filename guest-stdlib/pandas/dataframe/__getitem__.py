"""`frame[key]`: a column by name, columns by a list of names, rows by a column of bools."""

from intrinsics import is_static, static_error, static_index
from pandas._columns.held import held_column
from pandas.dataframe._columns import file_column
from pandas.dataframe._filter import filter_frame
from pandas.dataframe._select import position, select_columns
from pandas.series.type import Series


def __getitem__(self, key: static):
    """A Series or a frame."""
    if isinstance(key, str):
        # All of it is here, since each step that is a function of its own is one for each column of each frame.
        found = static_index(self._names, key)
        if found < 0 or not is_static(key):
            position(self, key)
        column = self._columns[found]
        if isinstance(column, int):
            if column < 0:
                column = held_column(self._chain, -1 - column)
            else:
                column = file_column(self._file, self._source, column)
        return Series(column, key, self._index, self._index_name, self._rows, self._length, self._count)
    if isinstance(key, tuple):
        return select_columns(self, key)
    if isinstance(key, Series):
        return filter_frame(self, key)
    static_error("a frame is indexed with a column name, a list of names or a column of bools")
