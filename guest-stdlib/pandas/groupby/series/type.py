"""One column in groups."""

from intrinsics import value
from pandas._columns.rows import RowNumbers
from pandas._group.reduce import reduce_groups


@value
class SeriesGroupBy:
    """The frame, the name of the key and of the column."""

    _frame: any
    _key: any
    _name: any

    def mean(self):
        """The mean of each group; NaN where all values are missing."""
        return self._reduced("mean")

    def sum(self):
        """The sum of each group."""
        return self._reduced("sum")

    def count(self):
        """How many values are not missing in each group."""
        return self._reduced("count")

    def min(self):
        """The smallest value of each group."""
        return self._reduced("min")

    def max(self):
        """The largest value of each group."""
        return self._reduced("max")

    def size(self):
        """How many rows each group has."""
        return reduce_groups(self._frame, self._key, RowNumbers(None), self._name, "count")

    def _reduced(self, what):
        column = self._frame[self._name]._column
        return reduce_groups(self._frame, self._key, column, self._name, what)
