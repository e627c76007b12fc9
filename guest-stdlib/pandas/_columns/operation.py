"""Element by element: operations on columns, worked out row by row when the rows are read."""

from intrinsics import inline, is_static, value
from pandas._columns.apply import apply_one, apply_two, dtype_of_one, dtype_of_two
from pandas._columns.scalar import Scalar


@value
class Unary:
    """An operation on one column."""

    _op: any
    _operand: any

    def dtype(self):
        return dtype_of_one(self._op, self._operand.dtype())

    def bind(self, seen):
        return Unary(self._op, self._operand.bind(seen))

    def cursors(self):
        return self._operand.cursors()

    def fill(self, rows, base):
        self._operand.fill(rows, base)

    def close(self):
        self._operand.close()

    @inline
    def at(self, i, base):
        if self._op == "missing":
            return self._operand.missing(i, base)
        if self._op == "present":
            return not self._operand.missing(i, base)
        return apply_one(self._op, self._operand.at(i, base))

    @inline
    def missing(self, i, base):
        if self._op == "missing" or self._op == "present":
            return False
        return self._operand.missing(i, base)


@value
class Binary:
    """An operation on two columns, or a column and a value."""

    _op: any
    _left: any
    _right: any

    def dtype(self):
        return dtype_of_two(self._op, self._left.dtype(), self._right.dtype())

    def bind(self, seen):
        left = self._left.bind(seen)
        return Binary(self._op, left, self._right.bind(seen + left.cursors()))

    def cursors(self):
        return self._left.cursors() + self._right.cursors()

    def fill(self, rows, base):
        self._left.fill(rows, base)
        self._right.fill(rows, base)

    def close(self):
        self._left.close()
        self._right.close()

    @inline
    def at(self, i, base):
        left = self._left.at(i, base)
        right = self._right.at(i, base)
        return apply_two(self._op, self._left.dtype(), self._right.dtype(), left, right)

    @inline
    def missing(self, i, base):
        found = self.at(i, base)
        if isinstance(found, float):
            return found != found
        return False


def may_raise(column):
    """True if working out a row may raise an exception, so that rows that are not selected must be left
    alone: integer division and powers, unless by a number that is known to be right."""
    if hasattr(column, "_left"):
        if column.dtype() == "int64" and not _is_safe(column._op, column._right):
            return True
        return may_raise(column._left) or may_raise(column._right)
    if hasattr(column, "_operand"):
        return may_raise(column._operand)
    return False


def _is_safe(op, right):
    if op == "//" or op == "%":
        return _is_known(right) and right._value != 0
    if op == "**":
        return _is_known(right) and right._value >= 0
    return True


def _is_known(column):
    if isinstance(column, Scalar):
        return is_static(column._value)
    return False
