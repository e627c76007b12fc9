"""A single value where a column is expected."""

from intrinsics import inline, value
from pandas._columns.text import text_of


@value
class Scalar:
    """The value for all rows."""

    _value: any

    def dtype(self):
        if isinstance(self._value, str):
            return "str"
        if isinstance(self._value, bool):
            return "bool"
        if isinstance(self._value, int):
            return "int64"
        if isinstance(self._value, float):
            return "float64"
        return self._value.dtype()

    def bind(self, seen):
        return self

    def cursors(self):
        return ()

    def fill(self, rows, base):
        return None

    def close(self):
        return None

    @inline
    def at(self, i, base):
        if isinstance(self._value, str):
            return text_of(self._value)
        if isinstance(self._value, (bool, int, float)):
            return self._value
        return self._value._moment

    @inline
    def missing(self, i, base):
        return False
