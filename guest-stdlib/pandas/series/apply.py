"""`Series.apply` of a function of one value.

Differences from pandas: the function returns a number or a bool.
"""

from pandas._columns.probe import Probe
from pandas._columns.rowwise import elementwise
from pandas.dataframe.apply import result_type
from pandas.row.type import Row
from pandas.series.type import Series


def apply(self, func):
    """A Series with the function's result for each value."""
    probe = Row(("value",), (Probe(self._column.dtype()),), 0, 0, False, None)
    dtype = result_type(func, probe.value)
    result = elementwise(func, self._column, dtype, self._rows, self._length)
    return Series(result, self._name, self._index, self._index_name, self._rows, self._length, self._count)
