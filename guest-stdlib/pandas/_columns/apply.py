"""The operations on values of columns, and the types of their results.

Differences from pandas: small integers and 32-bit floats give 64-bit results; integers raise
ZeroDivisionError where pandas would turn the column into floats.
"""

from intrinsics import f64_abs, f64_div, inline, int_to_f64, static_error
from pandas._columns.kind import NAT, kind
from pandas._columns.text import compare, same


def is_comparison(op):
    return op == "==" or op == "!=" or op == "<" or op == "<=" or op == ">" or op == ">="


def dtype_of_one(op, dtype):
    if op == "missing" or op == "present":
        return "bool"
    if op == "not":
        if kind(dtype) == "bool":
            return "bool"
        if kind(dtype) == "int":
            return dtype
        static_error("`~` needs a column of bools or integers, not `", dtype, "`")
    if op == "float":
        return "float64"
    if kind(dtype) == "int" or kind(dtype) == "float":
        return dtype
    static_error("`", op, "` needs a column of numbers, not `", dtype, "`")


def dtype_of_two(op, left, right):
    if op == "deviation":
        return "float64"
    if op == "fill":
        return left
    a = kind(left)
    b = kind(right)
    if is_comparison(op):
        if (a == "str") != (b == "str") or (a == "datetime") != (b == "datetime") or a == "other" or b == "other":
            static_error("`", op, "` cannot compare columns of `", left, "` and `", right, "`")
        return "bool"
    if op == "&" or op == "|" or op == "^":
        if a == "bool" and b == "bool":
            return "bool"
        if a == "int" and b == "int":
            return "int64"
        static_error(
            "`", op, "` needs columns of bools, found `", left, "` and `", right,
            "` | put comparisons in parentheses: (a > 1) ", op, " (b < 2)",
        )
    numbers = (a == "int" or a == "float" or a == "bool") and (b == "int" or b == "float" or b == "bool")
    if not numbers or (a == "bool" and b == "bool"):
        static_error("`", op, "` is not supported between columns of `", left, "` and `", right, "`")
    if op == "/" or a == "float" or b == "float":
        return "float64"
    return "int64"


@inline
def apply_one(op, x):
    if op == "-":
        return -x
    if op == "not":
        if isinstance(x, bool):
            return not x
        return ~x
    if op == "abs":
        if isinstance(x, float):
            return f64_abs(x)
        if x < 0:
            return -x
        return x
    return _as_float(x)


@inline
def apply_two(op, left, right, x, y):
    if kind(left) == "str":
        return _compare_texts(op, x, y)
    if kind(left) == "datetime":
        return _compare_moments(op, left, right, x, y)
    if op == "+":
        return x + y
    if op == "-":
        return x - y
    if op == "*":
        return x * y
    if op == "/":
        return f64_div(_as_float(x), _as_float(y))
    if op == "==":
        return x == y
    if op == "!=":
        return x != y
    if op == "<":
        return x < y
    if op == "<=":
        return x <= y
    if op == ">":
        return x > y
    if op == ">=":
        return x >= y
    if op == "&":
        return x & y
    if op == "|":
        return x | y
    if op == "^":
        return x ^ y
    if op == "deviation":
        distance = y - x
        return distance * distance
    if op == "fill":
        if isinstance(x, float):
            if x != x:
                return _as_float(y)
        return x
    if op == "**":
        return x**y
    if isinstance(x, float) or isinstance(y, float):
        if op == "//":
            return _floor_div(_as_float(x), _as_float(y))
        return _modulo(_as_float(x), _as_float(y))
    if op == "//":
        return x // y
    return x % y


@inline
def _as_float(x):
    if isinstance(x, float):
        return x
    return int_to_f64(x)


def _floor_div(x, y):
    """NumPy's floor division: by zero it gives infinities and NaN."""
    if y == 0.0:
        return f64_div(x, y)
    return x // y


def _modulo(x, y):
    if y == 0.0:
        return f64_div(0.0, 0.0)
    return x % y


@inline
def _compare_texts(op, x, y):
    if op == "==":
        return same(x._start, x._length, y._start, y._length)
    if op == "!=":
        return not same(x._start, x._length, y._start, y._length)
    if x._length < 0 or y._length < 0:
        return False
    order = compare(x._start, x._length, y._start, y._length)
    if op == "<":
        return order < 0
    if op == "<=":
        return order <= 0
    if op == ">":
        return order > 0
    return order >= 0


@inline
def _compare_moments(op, left, right, x, y):
    if left != right:
        static_error("times of type `", left, "` and `", right, "` cannot be compared")
    missing = x == NAT or y == NAT
    if op == "!=":
        return missing or x != y
    if missing:
        return False
    if op == "==":
        return x == y
    if op == "<":
        return x < y
    if op == "<=":
        return x <= y
    if op == ">":
        return x > y
    return x >= y
