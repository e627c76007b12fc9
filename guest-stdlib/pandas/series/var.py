"""`Series.var`: missing values are left out."""

from pandas._reduce.moments import variance_of


def var(self, ddof=1):
    """The variance of a sample; NaN of fewer than two values."""
    return variance_of(self._column, self._rows, self._length, self._count, ddof)
