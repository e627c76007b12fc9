"""`Series.sum`: missing values are left out."""

from pandas._columns.kind import kind
from pandas._reduce.ints import int_sum
from pandas._reduce.moments import need_numbers
from pandas._reduce.pairwise import pairwise_sum


def sum(self):
    """The sum: of ints and bools an int."""
    if kind(self._column.dtype()) == "float":
        total, present = pairwise_sum(self._column, self._rows, self._length, self._count)
        return total
    need_numbers(self._column, "sum")
    return int_sum(self._column, self._rows, self._length)
