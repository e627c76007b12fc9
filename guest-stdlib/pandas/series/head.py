"""`Series.head`."""

from pandas.dataframe._ends import head_rows
from pandas.series.type import Series


def head(self, n=5):
    """The first values; with a negative number, all but as many."""
    rows, count = head_rows(self, n)
    return Series(self._column, self._name, self._index, self._index_name, rows, self._length, count)
