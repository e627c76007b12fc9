"""`DataFrame.groupby` by one column.

Differences from pandas: one key; the groups are sorted by it, rows with a missing key are left out.
"""

from pandas.dataframe._select import position
from pandas.groupby.type import GroupBy


def groupby(self, by: static):
    """The groups; choose a column and reduce it."""
    position(self, by)
    return GroupBy(self, by)
