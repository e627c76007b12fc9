"""`math.frexp`."""

from intrinsics import f64_abs, f64_bits, f64_from_bits

_INF = 1e999


def frexp(x):
    """(m, e) with x == m * 2**e and m in [0.5, 1)."""
    x = float(x)
    size = f64_abs(x)
    if size == 0.0 or not size < _INF:
        return x, 0
    shift = 0
    if size < 2.2250738585072014e-308:
        x = x * 18014398509481984.0
        shift = 54
    bits = f64_bits(x)
    exponent = ((bits >> 52) & 0x7FF) - 1022
    return f64_from_bits(bits - (exponent << 52)), exponent - shift
