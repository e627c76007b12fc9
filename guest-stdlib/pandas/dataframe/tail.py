"""`DataFrame.tail`."""

from pandas.dataframe._ends import tail_rows
from pandas.dataframe.type import DataFrame


def tail(self, n=5):
    """The last rows; with a negative number, all but as many."""
    rows, count = tail_rows(self, n)
    return DataFrame(self._names, self._columns, self._index, self._index_name, rows, self._length, count)
