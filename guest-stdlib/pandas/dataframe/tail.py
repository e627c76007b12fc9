"""`DataFrame.tail`."""

from pandas.dataframe._columns import with_rows
from pandas.dataframe._ends import tail_rows


def tail(self, n=5):
    """The last rows; with a negative number, all but as many."""
    rows, count = tail_rows(self, n)
    return with_rows(self, rows, count)
