"""`DataFrame.count` of each column."""

from pandas.dataframe._reduce import reduce_frame


def count(self):
    """How many values are not missing, with the column names as labels."""
    return reduce_frame(self, self._names, "count")
