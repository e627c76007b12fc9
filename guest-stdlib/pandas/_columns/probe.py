"""A column that has a type but no values: for finding out what a function of a row does with it."""

from intrinsics import int_to_ptr, load, value
from pandas._columns.kind import cell, kind
from pandas._columns.text import Text


@value
class Probe:
    """Stands for a column in code that is typed and never run."""

    _dtype: any

    def dtype(self):
        return self._dtype

    def at(self, i, base):
        if kind(self._dtype) == "str":
            return Text(int_to_ptr(i), base)
        return load(cell(self._dtype), int_to_ptr(i))
