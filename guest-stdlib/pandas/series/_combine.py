"""Operations of columns with columns and single values, as expressions."""

from intrinsics import address, check, ptr_to_int, static_error, static_size
from pandas._columns.long import LONG, has_many, without_constants, worked_out
from pandas._columns.operation import Binary, Unary
from pandas._columns.scalar import Scalar
from pandas._columns.selection import same_selection
from pandas.series.type import Series
from pandas.timestamp.type import Timestamp


def combine(op, a: static, b: static):
    """A column with the result for each row. One of the two is a Series."""
    if isinstance(a, Series) and isinstance(b, Series):
        same = same_selection(a._rows, b._rows) and a._length == b._length and same_labels(a._index, b._index)
        check(same, "ValueError", "the columns have different rows; pandas would align them by their labels")
        left = a._column
        right = b._column
        # Of many operations, those that differ in a number only share their code.
        if has_many(left):
            right = without_constants(right)
        elif has_many(right):
            left = without_constants(left)
        return _result(Binary(op, left, right), _common(a._name, b._name), a)
    if isinstance(a, Series):
        return _result(Binary(op, a._column, scalar(b)), a._name, a)
    return _result(Binary(op, scalar(a), b._column), b._name, b)


def negate(a, op):
    """An operation on one column."""
    return _result(Unary(op, a._column), a._name, a)


def scalar(x: static):
    """A single value as a column."""
    if isinstance(x, (bool, int, float, str, Timestamp)):
        return Scalar(x)
    static_error("a column can be combined with a column, a number, a string or a time, not with `", x, "`")


def same_labels(a, b):
    """True if two columns have the same labels: row numbers, or one and the same column."""
    if a is None and b is None:
        return True
    if a is None or b is None:
        return False
    if hasattr(a, "_source") and hasattr(b, "_source"):
        return a._source.handle == b._source.handle
    if hasattr(a, "_data") and hasattr(b, "_data"):
        return ptr_to_int(address(a._data)) == ptr_to_int(address(b._data))
    if hasattr(a, "_cells") and hasattr(b, "_cells"):
        return ptr_to_int(address(a._cells)) == ptr_to_int(address(b._cells))
    return False


def _common(a, b):
    if a == b:
        return a
    return None


def _result(column, name, like):
    # The type of the result is worked out here, so that a wrong operation is blamed on this line.
    column.dtype()
    if static_size(column) > LONG:
        column = worked_out(column, like._length)
    return Series(column, name, like._index, like._index_name, like._rows, like._length, like._count)
