"""The remainder of the truncated division, exact: the results of C's `fmod`, no exceptions."""

from intrinsics import f64_abs, f64_bits, f64_copysign, f64_div, f64_from_bits, f64_trunc, host_math

_FMOD = 27  # its number in the host's table of functions


def fmod_core(x: float, y: float) -> float:
    """x - trunc(x/y) y, without rounding error."""
    a = f64_abs(x)
    b = f64_abs(y)
    # For quotients of up to 24 bits and normal numbers, every step below is exact.
    if a < b * 16777216.0 and b > 1e-290 and b < 1e290:
        if a < b:
            return x
        q = f64_trunc(f64_div(a, b))
        b_hi = f64_from_bits(f64_bits(b) & -0x8000000)
        r = a - b if q == 1.0 else a - q * b_hi - q * (b - b_hi)
        if r < 0.0:
            # The quotient was rounded up to an integer.
            r = r + b
        return f64_copysign(r, x)
    return host_math(_FMOD, x, y)
