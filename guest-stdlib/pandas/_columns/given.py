"""Columns that the host gave: values and bitmap as they lie in Arrow."""

from intrinsics import address, i64_shr_u, inline, int_to_f64, load, ptr_add, select, sizeof, static_error, storage, value
from pandas._columns.kind import NAN, NAT, cell, kind
from pandas._columns.text import Text


@value
class Given:
    """The type of the values, whether some may be missing, how many there are, and the blocks with the values
    (of text: where each begins, int32), the bitmap or None, and the text or None."""

    _dtype: any
    _nulls: any
    _length: any
    _values: any
    _valid: any
    _text: any

    def dtype(self):
        if self._nulls and kind(self._dtype) == "int":
            return "float64"
        return self._dtype

    def bind(self, seen):
        return self

    def cursors(self):
        return ()

    def fill(self, rows, base):
        return None

    def close(self):
        return None

    @inline
    def there(self, i):
        """False if the value is NULL."""
        if self._nulls:
            word = load(storage("int64"), ptr_add(address(self._valid), 16 + ((i >> 6) << 3)))
            return i64_shr_u(word, i & 63) & 1 != 0
        return True

    @inline
    def value(self, i):
        """The value, which is there."""
        if kind(self._dtype) == "str":
            at = ptr_add(address(self._values), 16 + 4 * i)
            start = load(storage("int32"), at)
            return Text(ptr_add(address(self._text), 16 + start), load(storage("int32"), ptr_add(at, 4)) - start)
        return load(cell(self._dtype), ptr_add(address(self._values), 16 + i * sizeof(cell(self._dtype))))

    @inline
    def missing(self, i, base):
        if kind(self._dtype) == "float":
            found = self.at(i, base)
            return found != found
        return not self.there(base + i)

    @inline
    def at(self, i, base):
        found = self.value(base + i)
        if not self._nulls:
            return found
        if kind(self._dtype) == "str":
            return Text(found._start, select(self.there(base + i), found._length, -1))
        if kind(self._dtype) == "float":
            return select(self.there(base + i), found, NAN)
        if kind(self._dtype) == "int":
            return select(self.there(base + i), int_to_f64(found), NAN)
        if kind(self._dtype) == "datetime":
            return select(self.there(base + i), found, NAT)
        static_error("a bool column with missing values can only be counted")


def given_column(given):
    """A column from the tuple that stands for it."""
    return Given(given[1], given[2], given[3], given[4], given[5], given[6])
