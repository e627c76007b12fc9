"""`DataFrame.head`."""

from pandas.dataframe._columns import with_rows
from pandas.dataframe._ends import head_rows


def head(self, n=5):
    """The first rows; with a negative number, all but as many."""
    rows, count = head_rows(self, n)
    return with_rows(self, rows, count)
