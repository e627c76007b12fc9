"""Powers: the results of C99's `pow`, no exceptions.

Method: Szabolcs Nagy, ARM Optimized Routines (2018): exp(y log(x)) with the logarithm in two doubles
(relative error 2**-67), which keeps the error of the power below 0.52 ULP.
"""

from intrinsics import f64_abs, f64_bits, f64_copysign, f64_from_bits, f64_trunc, noinline
from math._exp import exp_sum
from math._log import log_pair, log_pair_subnormal

_INF = 1e999
_MIN_NORMAL = 2.2250738585072014e-308


def pow_core(x: float, y: float) -> float:
    """x**y."""
    if _MIN_NORMAL <= x < _INF:
        hi, lo = log_pair(x)
        # 26 bits of each: their product is exact.
        y_hi = f64_from_bits(f64_bits(y) & -0x8000000)
        log_hi = f64_from_bits(f64_bits(hi) & -0x8000000)
        log_lo = hi - log_hi + lo
        product = y_hi * log_hi
        if f64_abs(product) < 740.0:
            return exp_sum(product, (y - y_hi) * log_hi + y * log_lo)
    return _pow_special(x, y)


@noinline
def _pow_special(x: float, y: float) -> float:
    if y == 0.0 or x == 1.0:
        return 1.0
    if x != x or y != y:
        return x + y
    size = f64_abs(x)
    odd = _is_odd(y)
    if f64_abs(y) == _INF:
        if size == 1.0:
            return 1.0
        return _INF if (size > 1.0) == (y > 0.0) else 0.0
    if size == 0.0 or size == _INF:
        result = _INF if (size == 0.0) == (y < 0.0) else 0.0
        return f64_copysign(result, x) if odd else result
    if x < 0.0:
        if f64_trunc(y) != y:
            return _INF - _INF
        result = _pow_positive(size, y)
        return -result if odd else result
    return _pow_positive(size, y)


def _pow_positive(x: float, y: float) -> float:
    """x**y for finite x > 0, also subnormal, and any finite y."""
    if x == 1.0:
        return 1.0
    if x < _MIN_NORMAL:
        hi, lo = log_pair_subnormal(x)
    else:
        hi, lo = log_pair(x)
    estimate = y * hi
    if estimate > 800.0:
        return _INF
    if estimate < -800.0:
        return 0.0
    y_hi = f64_from_bits(f64_bits(y) & -0x8000000)
    log_hi = f64_from_bits(f64_bits(hi) & -0x8000000)
    return exp_sum(y_hi * log_hi, (y - y_hi) * log_hi + y * (hi - log_hi + lo))


def _is_odd(y: float) -> bool:
    half = y * 0.5
    return f64_trunc(y) == y and f64_trunc(half) != half and f64_abs(y) < 9007199254740992.0
