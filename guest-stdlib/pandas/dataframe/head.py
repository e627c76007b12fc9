"""`DataFrame.head`."""

from pandas.dataframe._ends import head_rows
from pandas.dataframe.type import DataFrame


def head(self, n=5):
    """The first rows; with a negative number, all but as many."""
    rows, count = head_rows(self, n)
    return DataFrame(self._names, self._columns, self._index, self._index_name, rows, self._length, count)
