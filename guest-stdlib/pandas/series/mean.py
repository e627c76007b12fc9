"""`Series.mean`: missing values are left out."""

from pandas._reduce.moments import mean_of


def mean(self):
    """The mean; NaN of nothing."""
    return mean_of(self._column, self._rows, self._length, self._count)
