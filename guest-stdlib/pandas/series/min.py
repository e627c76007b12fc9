"""`Series.min`: missing values are left out."""

from intrinsics import static_error
from pandas._columns.kind import kind
from pandas._reduce.extreme import extreme
from pandas.timestamp.type import Timestamp


def min(self):
    """NaN or NaT if there is no value. Unlike pandas, of no integers it raises ValueError."""
    dtype = self._column.dtype()
    if kind(dtype) == "str" or kind(dtype) == "other":
        static_error("`min` needs a column of numbers or times, not `", dtype, "`")
    found = extreme(self._column, self._rows, self._length, self._count, False)
    if kind(dtype) == "datetime":
        return Timestamp(found, dtype)
    return found
