"""`Series.to_numpy`: a new array of the values.

Differences from pandas: no arrays of strings or times.
"""

from intrinsics import address, ptr_add, static_error
from numpy.ndarray.type import ndarray
from pandas._columns.gather import gather
from pandas._columns.kind import cell, is_number


def to_numpy(self):
    """The selected values in order."""
    dtype = self._column.dtype()
    if not is_number(dtype):
        static_error(
            "a column of type `", dtype, "` cannot become an array | loop over the column, or use its methods"
        )
    memory = gather(self._column, self._rows, self._length, self._count)
    return ndarray(cell(dtype), memory._data, ptr_add(address(memory._data), 16), (self._count,), None)
