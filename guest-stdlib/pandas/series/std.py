"""`Series.std`: missing values are left out."""

from intrinsics import f64_sqrt
from pandas._reduce.moments import variance_of


def std(self, ddof=1):
    """The standard deviation of a sample; NaN of fewer than two values."""
    return f64_sqrt(variance_of(self._column, self._rows, self._length, self._count, ddof))
