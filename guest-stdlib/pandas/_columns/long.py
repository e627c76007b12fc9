"""Long expressions: what is built from many operations is worked out in parts.

An expression over columns is part of the type of a column, and all code that reads it is made for it. Code for one of
hundreds of operations would be as long as all of them, nested as deeply, and the work of making it would grow faster
still. So from some size on an expression is worked out at once, as pandas does with every one, and the rest is
an expression over the result.
"""

from core.memory import alloc
from intrinsics import address, as_block, coerce, noinline, ptr_add, sizeof, static_size, store, type_of
from pandas._columns.gather import min_rows
from pandas._columns.kind import cell
from pandas._columns.memory import Memory
from pandas._columns.operation import Binary, Unary, may_raise
from pandas._columns.scalar import Scalar

# Sizes of types: an operation with a number has 4, a comparison of a file's column with a number 12. From here on an
# expression is long ...
LONG = 160
# ... and its numbers are values at run time.
_MANY = 48


def worked_out(column, length):
    """A long expression's values. What may raise an exception is left for when it is known which rows are wanted, and
    so are small integers, which are not stored as they are worked out."""
    dtype = column.dtype()
    if (dtype == "int64" or dtype == "float64" or dtype == "bool") and not may_raise(column):
        return _in_memory(column, length)
    return column


@noinline
def _in_memory(column, length):
    form = cell(column.dtype())
    size = sizeof(form)
    block = as_block(alloc(length * size))
    to = ptr_add(address(block), 16)
    bound = column.bind(())
    base = 0
    while base < length:
        have = min_rows(length - base)
        bound.fill(have, base)
        for i in range(have):
            store(form, ptr_add(to, (base + i) * size), bound.at(i, base))
        base += have
    bound.close()
    return Memory(block, column.dtype())


def has_many(column):
    """True if there are many operations in an expression, or values of which some are worked out already."""
    if static_size(column) > _MANY or isinstance(column, Memory):
        return True
    if hasattr(column, "_left"):
        return has_many(column._left)
    return False


def without_constants(column):
    """The same expression with numbers that are values at run time. Those by which integers are divided stay: how
    depends on them."""
    if isinstance(column, Scalar):
        if isinstance(column._value, (bool, int, float)):
            return Scalar(coerce(type_of(column._value), column._value))
        return column
    if hasattr(column, "_left"):
        if column._op == "//" or column._op == "%" or column._op == "**":
            return Binary(column._op, without_constants(column._left), column._right)
        return Binary(column._op, without_constants(column._left), without_constants(column._right))
    if hasattr(column, "_operand"):
        return Unary(column._op, without_constants(column._operand))
    return column
