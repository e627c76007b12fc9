"""Mean and variance, by two passes like pandas."""

from intrinsics import f64_div, int_to_f64, static_error
from pandas._columns.kind import NAN, is_number, kind
from pandas._columns.operation import Binary, Unary
from pandas._columns.scalar import Scalar
from pandas._reduce.ints import int_sum
from pandas._reduce.pairwise import pairwise_sum


def mean_of(column, rows, length, count):
    if kind(column.dtype()) == "float":
        total, present = pairwise_sum(column, rows, length, count)
        return f64_div(total, int_to_f64(present))
    need_numbers(column, "mean")
    return f64_div(int_to_f64(int_sum(column, rows, length)), int_to_f64(count))


def variance_of(column, rows, length, count, ddof):
    """Squared distances from the mean over `count - ddof`; NaN if that is not positive."""
    need_numbers(column, "variance")
    floats = as_floats(column)
    total, present = pairwise_sum(floats, rows, length, count)
    if present <= ddof:
        return NAN
    average = f64_div(total, int_to_f64(present))
    squares, again = pairwise_sum(Binary("deviation", floats, Scalar(average)), rows, length, count)
    return f64_div(squares, int_to_f64(present - ddof))


def as_floats(column):
    if kind(column.dtype()) == "float":
        return column
    return Unary("float", column)


def need_numbers(column, what):
    if not is_number(column.dtype()):
        static_error("the ", what, " needs a column of numbers, not `", column.dtype(), "`")
