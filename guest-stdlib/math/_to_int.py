"""Conversion of floats that no 64-bit integer represents."""

from intrinsics import f64_abs, noinline


@noinline
def out_of_range(x: float) -> int:
    """Raises what CPython's int() raises, or for a number that is merely too large, OverflowError."""
    if x != x:
        raise ValueError("cannot convert float NaN to integer")
    if f64_abs(x) == 1e999:
        raise OverflowError("cannot convert float infinity to integer")
    if x == -9223372036854775808.0:
        return -0x7FFFFFFFFFFFFFFF - 1
    raise OverflowError("float too large for a 64-bit integer")
