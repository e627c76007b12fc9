"""Multiplication by a power of two, rounded once: the results of C's `ldexp`, no exceptions."""

from intrinsics import f64_from_bits


def ldexp_core(x: float, i: int) -> float:
    """x * 2**i."""
    if i > 1023:
        x = x * 8.98846567431158e307
        i = i - 1023
        if i > 1023:
            x = x * 8.98846567431158e307
            i = min(i - 1023, 1023)
    elif i < -1022:
        # Steps of 2**-969 leave 53 bits above the subnormal range, so that only the last step rounds.
        x = x * 2.004168360008973e-292
        i = i + 969
        if i < -1022:
            x = x * 2.004168360008973e-292
            i = max(i + 969, -1022)
    return x * f64_from_bits((i + 1023) << 52)
