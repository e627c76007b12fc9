"""The pseudo-module `intrinsics` for CPython, so that library functions can be compared with CPython's
own. The compiler turns each of these into a wasm instruction; `host_math` calls the C library.
"""

import math as _math
import struct as _struct

_MASK = (1 << 64) - 1


def wrap(i):
    """The signed 64-bit integer that a compiled `int` would hold."""
    return ((i + (1 << 63)) & _MASK) - (1 << 63)


def f64_bits(x):
    return _struct.unpack("<q", _struct.pack("<d", x))[0]


def f64_from_bits(i):
    return _struct.unpack("<d", _struct.pack("<Q", i & _MASK))[0]


def f64_sqrt(x):
    return _math.sqrt(x) if x >= 0.0 else x if x == 0.0 or x != x else _math.nan


def _round_with(function, x):
    if _math.isfinite(x) and abs(x) < 2.0**52:
        return _math.copysign(float(function(x)), x)
    return x


def f64_floor(x):
    return _round_with(_math.floor, x)


def f64_ceil(x):
    return _round_with(_math.ceil, x)


def f64_trunc(x):
    return _round_with(_math.trunc, x)


def f64_nearest(x):
    return _round_with(round, x)


def f64_abs(x):
    return abs(x)


def f64_copysign(x, y):
    return _math.copysign(x, y)


def f64_min(x, y):
    if x != x or y != y:
        return _math.nan
    return min(x, y) if x != y else x if _math.copysign(1.0, x) < 0 else y


def f64_max(x, y):
    return -f64_min(-x, -y)


def f64_div(x, y):
    """Division that yields an infinity or NaN where Python's raises."""
    if y != 0.0:
        return x / y
    return _math.nan if x == 0.0 or x != x else _math.copysign(_math.inf, x) * _math.copysign(1.0, y)


def i64_shl(x, n):
    return wrap(x << (n & 63))


def i64_shr_u(x, n):
    return wrap((x & _MASK) >> (n & 63))


def i64_clz(x):
    return 64 - (x & _MASK).bit_length()


def i64_ctz(x):
    x &= _MASK
    return (x & -x).bit_length() - 1 if x else 64


def i64_popcnt(x):
    return (x & _MASK).bit_count()


def f64_to_int(x):
    if x != x:
        return 0
    if abs(x) < 2.0**63:
        return int(x)
    return -(1 << 63) if x < 0 else (1 << 63) - 1


def int_to_f64(i):
    return float(i)


# The order of `MATH` in compiler/src/abi.rs.
_HOST = (
    "sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh exp expm1 log log2 log10 log1p pow "
    "hypot erf erfc gamma lgamma cbrt exp2 fmod"
).split()
_TWO = {"atan2", "pow", "hypot", "fmod"}


def host_math(which, x, y):
    """The C library's result, which CPython turns into exceptions at the poles and out of the domain."""
    name = _HOST[which]
    try:
        return getattr(_math, name)(x, y) if name in _TWO else getattr(_math, name)(x)
    except OverflowError:
        odd = name in ("sinh", "expm1", "gamma", "cbrt")
        return _math.copysign(_math.inf, x) if odd else _math.inf
    except ValueError:
        if name in ("log", "log2", "log10") and x == 0 or name == "log1p" and x == -1:
            return -_math.inf
        if name == "atanh" and abs(x) == 1:
            return _math.copysign(_math.inf, x)
        return _math.nan


def inline(function):
    """A decorator for the compiler's inliner."""
    return function


def noinline(function):
    """A decorator for the compiler's inliner."""
    return function
