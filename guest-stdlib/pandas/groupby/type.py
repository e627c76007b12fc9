"""Groups of a frame's rows, before a column is chosen."""

from intrinsics import value
from pandas._columns.rows import RowNumbers
from pandas._group.reduce import reduce_frame_groups, reduce_groups
from pandas.dataframe._select import position, select_columns
from pandas.groupby.series.type import SeriesGroupBy


@value
class GroupBy:
    """The frame and the name of the key."""

    _frame: any
    _key: any

    def __getitem__(self, name: static):
        if isinstance(name, tuple):
            return GroupBy(select_columns(self._frame, name + (self._key,)), self._key)
        position(self._frame, name)
        return SeriesGroupBy(self._frame, self._key, name)

    def __getattr__(self, name: static):
        return self[name]

    def mean(self):
        """The mean of each column in each group."""
        return reduce_frame_groups(self, "mean")

    def sum(self):
        """The sum of each column in each group."""
        return reduce_frame_groups(self, "sum")

    def count(self):
        """How many values of each column are not missing in each group."""
        return reduce_frame_groups(self, "count")

    def min(self):
        """The smallest value of each column in each group."""
        return reduce_frame_groups(self, "min")

    def max(self):
        """The largest value of each column in each group."""
        return reduce_frame_groups(self, "max")

    def size(self):
        """How many rows each group has."""
        return reduce_groups(self._frame, self._key, RowNumbers(None), None, "count")
