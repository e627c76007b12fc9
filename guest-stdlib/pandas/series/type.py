"""`pandas.Series`: a column with labels, see `pandas/__init__`."""

from intrinsics import value
from pandas.series._combine import combine, negate
from pandas.series._element import by_label


@value
class Series:
    """The column, its name or None, the labels (None: row numbers) and their name or None, the
    selected rows (null: all), rows there are, rows selected."""

    _column: any
    _name: any
    _index: any
    _index_name: any
    _rows: any
    _length: any
    _count: any

    def __len__(self):
        return self._count

    def __getitem__(self, key: static):
        return by_label(self, key)

    @property
    def name(self):
        return self._name

    @property
    def size(self):
        return self._count

    @property
    def shape(self):
        return (self._count,)

    @property
    def empty(self):
        return self._count == 0

    def __add__(self, other: static):
        return combine("+", self, other)

    def __radd__(self, other: static):
        return combine("+", other, self)

    def __sub__(self, other: static):
        return combine("-", self, other)

    def __rsub__(self, other: static):
        return combine("-", other, self)

    def __mul__(self, other: static):
        return combine("*", self, other)

    def __rmul__(self, other: static):
        return combine("*", other, self)

    def __truediv__(self, other: static):
        return combine("/", self, other)

    def __rtruediv__(self, other: static):
        return combine("/", other, self)

    def __floordiv__(self, other: static):
        return combine("//", self, other)

    def __rfloordiv__(self, other: static):
        return combine("//", other, self)

    def __mod__(self, other: static):
        return combine("%", self, other)

    def __rmod__(self, other: static):
        return combine("%", other, self)

    def __pow__(self, other: static):
        return combine("**", self, other)

    def __rpow__(self, other: static):
        return combine("**", other, self)

    def __and__(self, other: static):
        return combine("&", self, other)

    def __rand__(self, other: static):
        return combine("&", other, self)

    def __or__(self, other: static):
        return combine("|", self, other)

    def __ror__(self, other: static):
        return combine("|", other, self)

    def __xor__(self, other: static):
        return combine("^", self, other)

    def __rxor__(self, other: static):
        return combine("^", other, self)

    def __eq__(self, other: static):
        return combine("==", self, other)

    def __ne__(self, other: static):
        return combine("!=", self, other)

    def __lt__(self, other: static):
        return combine("<", self, other)

    def __le__(self, other: static):
        return combine("<=", self, other)

    def __gt__(self, other: static):
        return combine(">", self, other)

    def __ge__(self, other: static):
        return combine(">=", self, other)

    def __neg__(self):
        return negate(self, "-")

    def __invert__(self):
        return negate(self, "not")

    def abs(self):
        """Absolute values."""
        return negate(self, "abs")

    def __abs__(self):
        return negate(self, "abs")

    def isna(self):
        """Where values are missing."""
        return negate(self, "missing")

    def notna(self):
        """Where values are not missing."""
        return negate(self, "present")
