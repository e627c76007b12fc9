"""The tangent: IEEE results, no exceptions.

Sine over cosine, each as a sum of two numbers (see `_trig`), with T. J. Dekker's correction of the
quotient (A floating-point technique for extending the available precision, 1971).
"""

from intrinsics import f64_abs, f64_bits, f64_div, f64_from_bits, host_math
from math._trig import REDUCIBLE, reduce, sine_pair

_TAN = 2  # its number in the host's table of functions


def tan_core(x: float) -> float:
    """tan(x), x in radians."""
    size = f64_abs(x)
    if 1e-9 < size < REDUCIBLE:
        k, hi, lo = reduce(x)
        s, s_rest = sine_pair(k & 255, hi, lo)
        # cos(a) = sin(a + pi/2); past half a turn, the table's sign is the other one.
        c, c_rest = sine_pair((k + 128) & 255, hi, lo)
        top = s + s_rest
        bottom = c + c_rest
        if f64_abs(top) > 1e-9 and f64_abs(bottom) > 1e-9:
            inverse = f64_div(1.0, bottom)
            q = top * inverse
            q_hi = f64_from_bits(f64_bits(q) & -0x8000000)
            b_hi = f64_from_bits(f64_bits(bottom) & -0x8000000)
            b_lo = bottom - b_hi
            q_lo = q - q_hi
            error = top - q_hi * b_hi - q_hi * b_lo - q_lo * b_hi - q_lo * b_lo
            error = error + (s - top + s_rest) - q * (c - bottom + c_rest)
            y = q + error * inverse
            return -y if k & 128 else y
    if size <= 1e-9:
        return x
    return host_math(_TAN, x, 0.0)
