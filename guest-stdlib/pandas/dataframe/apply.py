"""`DataFrame.apply(f, axis=1)`: a function of one row.

Only the columns that the function uses are read: it is first typed for a row of all columns, and the
names that it asks for are noted. Differences from pandas: `axis=1` only; the function returns a number
or a bool.
"""

from intrinsics import static_error, static_index, static_map, static_touched, type_of
from pandas._columns.kind import kind
from pandas._columns.probe import Probe
from pandas._columns.rowwise import rowwise
from pandas.dataframe._columns import opened
from pandas.row.type import Row
from pandas.series.type import Series


def apply(self, func, axis: static = 0):
    """A Series with the function's result for each row."""
    if not (axis == 1 or axis == "columns"):
        static_error("`apply` of a frame is supported for rows only | write `df.apply(f, axis=1)`")

    def probe_of(column: static):
        return Probe(opened(self, column).dtype())

    probes = static_map(probe_of, self._columns)
    floats = _all_numbers(probes)
    probe = Row(self._names, probes, 0, 0, floats, type_of(func))
    dtype = result_type(func, probe)
    used = static_touched(probe)
    columns = ()
    names = ()
    for name in self._names:
        if static_index(used, name) >= 0:
            names = names + (name,)
            columns = columns + (self[name]._column,)
    result = rowwise(func, names, columns, floats, dtype, self._rows, self._length)
    return Series(result, None, self._index, self._index_name, self._rows, self._length, self._count)


def result_type(func, argument):
    """Type of the column of results."""
    if isinstance(func(argument), bool):
        return "bool"
    if isinstance(func(argument), int):
        return "int64"
    if isinstance(func(argument), float):
        return "float64"
    static_error("the function must return a number or a bool, not `", type_of(func(argument)), "`")


def _all_numbers(columns):
    """True for ints and floats together, whose rows are floats in pandas."""
    float_seen = False
    other = False
    for column in columns:
        if kind(column.dtype()) == "float":
            float_seen = True
        elif kind(column.dtype()) != "int":
            other = True
    return float_seen and not other
