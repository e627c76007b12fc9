"""One row of a frame, as `DataFrame.apply` gives it to a function.

Differences from pandas: not a Series; its values are read by `row["name"]` and `row.name`.
"""

from intrinsics import inline, int_to_f64, value
from pandas._columns.kind import kind
from pandas._columns.text import make_str
from pandas.dataframe._select import position
from pandas.timestamp.type import Timestamp


@value
class Row:
    """Names and columns that are read, the row's place, and whether integers read as floats (as they
    do in pandas if the other columns are floats). The tag tells the rows of one function from others."""

    _names: any
    _columns: any
    _i: any
    _base: any
    _floats: any
    _tag: any

    @inline
    def __getitem__(self, name: static):
        return _value(self, self._columns[position(self, name)])

    @inline
    def __getattr__(self, name: static):
        return _value(self, self._columns[position(self, name)])


@inline
def _value(row, column):
    found = column.at(row._i, row._base)
    if kind(column.dtype()) == "str":
        return make_str(found._start, found._length)
    if kind(column.dtype()) == "datetime":
        return Timestamp(found, column.dtype())
    if row._floats and isinstance(found, int):
        return int_to_f64(found)
    return found
