"""`Series.tail`."""

from pandas.dataframe._ends import tail_rows
from pandas.series.type import Series


def tail(self, n=5):
    """The last values; with a negative number, all but as many."""
    rows, count = tail_rows(self, n)
    return Series(self._column, self._name, self._index, self._index_name, rows, self._length, count)
