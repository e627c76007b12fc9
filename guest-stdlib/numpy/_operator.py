"""Operators of arrays. No exceptions: division by zero gives infinity, NaN, or 0 for integers."""

from intrinsics import (
    coerce, f64_copysign, f64_div, f64_floor, f64_abs, i64_div_s, i64_rem_s, i64_shl, i64_shr_s,
    check, static_error, storage,
)
from math._fmod import fmod_core
from math._pow import pow_core
from numpy._apply import each, each_two, operand
from numpy._promote import floating, joint_type, kind_of


def _add(a, b):
    return a + b


def _sub(a, b):
    return a - b


def _mul(a, b):
    return a * b


def _or(a, b):
    return a | b


def _and(a, b):
    return a & b


def _xor(a, b):
    return a ^ b


def quotient(a, b):
    """IEEE division."""
    return f64_div(a, b)


def floor_quotient(a, b):
    """`a // b`; 0 for an integer over zero."""
    if isinstance(a, float) or isinstance(b, float):
        return _float_floor(coerce(float, a), coerce(float, b))
    return _int_floor(coerce(int, a), coerce(int, b))


def _float_floor(a: float, b: float) -> float:
    if b == 0.0:
        return f64_div(a, b)
    mod = fmod_core(a, b)
    div = f64_div(a - mod, b)
    if mod != 0.0 and (b < 0.0) != (mod < 0.0):
        div = div - 1.0
    if div != 0.0:
        floor = f64_floor(div)
        if div - floor > 0.5:
            floor = floor + 1.0
        return floor
    return f64_copysign(0.0, f64_div(a, b))


def _int_floor(a: int, b: int) -> int:
    if b == 0:
        return 0
    if b == -1:
        return 0 - a
    q = i64_div_s(a, b)
    if (a ^ b) < 0 and q * b != a:
        q = q - 1
    return q


def remainder(a, b):
    """`a % b`, with the sign of `b`; 0 for an integer over zero."""
    if isinstance(a, float) or isinstance(b, float):
        return _float_mod(coerce(float, a), coerce(float, b))
    return _int_mod(coerce(int, a), coerce(int, b))


def _float_mod(a: float, b: float) -> float:
    mod = fmod_core(a, b)
    if mod == 0.0:
        return f64_copysign(0.0, b)
    if (b < 0.0) != (mod < 0.0) and mod == mod:
        mod = mod + b
    return mod


def _int_mod(a: int, b: int) -> int:
    if b == 0 or b == -1:
        return 0
    r = i64_rem_s(a, b)
    if r != 0 and (r ^ b) < 0:
        r = r + b
    return r


def power(a, b):
    """`a ** b`; integers wrap."""
    if isinstance(a, float) or isinstance(b, float):
        return pow_core(coerce(float, a), coerce(float, b))
    return _int_power(coerce(int, a), coerce(int, b))


def _int_power(a: int, b: int) -> int:
    check(b >= 0, "ValueError", "Integers to negative integer powers are not allowed.")
    result = 1
    while b > 0:
        if b & 1:
            result = result * a
        a = a * a
        b = b >> 1
    return result


def shifted_left(a, b):
    """`a << b`; 0 for counts beyond the bits."""
    if b < 0 or b > 63:
        return 0
    return i64_shl(a, b)


def shifted_right(a, b):
    """`a >> b`."""
    if b < 0 or b > 63:
        b = 63
    return i64_shr_s(a, b)


def arithmetic(x, y, name, op, of_bools):
    """`+`, `-`, `*`, with what they are for two bools."""
    a = operand(x, name)
    b = operand(y, name)
    dtype = joint_type(a, b)
    if kind_of(dtype) == "b":
        return each_two(a, b, of_bools, dtype)
    return each_two(a, b, op, dtype)


def add(x, y):
    """`x + y`."""
    return arithmetic(x, y, "+", _add, _or)


def subtract(x, y):
    """`x - y`."""
    a = operand(x, "-")
    b = operand(y, "-")
    dtype = joint_type(a, b)
    if kind_of(dtype) == "b":
        static_error("numpy boolean subtract, the `-` operator, is not supported | use `^`")
    return each_two(a, b, _sub, dtype)


def multiply(x, y):
    """`x * y`."""
    return arithmetic(x, y, "*", _mul, _and)


def divide(x, y):
    """`x / y`."""
    a = operand(x, "/")
    b = operand(y, "/")
    return each_two(a, b, quotient, floating(joint_type(a, b)))


def floor_divide(x, y):
    """`x // y`."""
    a = operand(x, "//")
    b = operand(y, "//")
    return each_two(a, b, floor_quotient, _numeric(joint_type(a, b)))


def mod(x, y):
    """`x % y`."""
    a = operand(x, "%")
    b = operand(y, "%")
    return each_two(a, b, remainder, _numeric(joint_type(a, b)))


def raise_to(x, y):
    """`x ** y`."""
    a = operand(x, "**")
    b = operand(y, "**")
    if isinstance(b, int) and not isinstance(b, bool):
        if b == 2:
            return each_two(a, a, _mul, _numeric(joint_type(a, b)))
    return each_two(a, b, power, _numeric(joint_type(a, b)))


def _numeric(dtype):
    if kind_of(dtype) == "b":
        return storage("int8")
    return dtype


def bitwise(x, y, name, op):
    """`&`, `|`, `^` of integers and bools."""
    a = operand(x, name)
    b = operand(y, name)
    dtype = joint_type(a, b)
    if kind_of(dtype) == "f":
        static_error("`" + name + "` is not supported for arrays of floats")
    return each_two(a, b, op, dtype)


def bit_and(x, y):
    """`x & y`."""
    return bitwise(x, y, "&", _and)


def bit_or(x, y):
    """`x | y`."""
    return bitwise(x, y, "|", _or)


def bit_xor(x, y):
    """`x ^ y`."""
    return bitwise(x, y, "^", _xor)


def shift_left(x, y):
    """`x << y`."""
    return bitwise(x, y, "<<", shifted_left)


def shift_right(x, y):
    """`x >> y`."""
    return bitwise(x, y, ">>", shifted_right)


def _lt(a, b):
    return a < b


def _le(a, b):
    return a <= b


def _gt(a, b):
    return a > b


def _ge(a, b):
    return a >= b


def _eq(a, b):
    return a == b


def _ne(a, b):
    return a != b


def _compare(x, y, name, op):
    return each_two(operand(x, name), operand(y, name), op, storage("bool"))


def less(x, y):
    """`x < y`."""
    return _compare(x, y, "<", _lt)


def less_equal(x, y):
    """`x <= y`."""
    return _compare(x, y, "<=", _le)


def greater(x, y):
    """`x > y`."""
    return _compare(x, y, ">", _gt)


def greater_equal(x, y):
    """`x >= y`."""
    return _compare(x, y, ">=", _ge)


def equal(x, y):
    """`x == y`."""
    return _compare(x, y, "==", _eq)


def not_equal(x, y):
    """`x != y`."""
    return _compare(x, y, "!=", _ne)


def _neg(a):
    return -a


def _not(a):
    return not a


def _invert(a):
    return ~a


def size_of(a):
    """The absolute value of a number."""
    if isinstance(a, float):
        return f64_abs(a)
    if isinstance(a, bool):
        return a
    if a < 0:
        return 0 - a
    return a


def negative(x):
    """`-x`."""
    if kind_of(x.dtype) == "b":
        static_error("The numpy boolean negative, the `-` operator, is not supported | use `~`")
    return each(x, _neg, x.dtype)


def invert(x):
    """`~x`."""
    if kind_of(x.dtype) == "b":
        return each(x, _not, x.dtype)
    if kind_of(x.dtype) == "f":
        static_error("`~` is not supported for arrays of floats")
    return each(x, _invert, x.dtype)


def absolute(x):
    """`abs(x)`."""
    return each(x, size_of, x.dtype)
