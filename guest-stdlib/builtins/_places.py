"""Rounding of floats to decimal places; the host's formatting is exact, so its digits are the answer."""

from core.memory import alloc
from intrinsics import (
    address, as_block, cold, f64_abs, host_format_f64, host_parse_f64, load, ptr_add, storage,
)


@cold
def round_places(x: float, digits: int):
    """`x` rounded to `digits` >= 0 places."""
    if x - x != 0.0 or x == 0.0 or digits > 323 or f64_abs(x) >= 4503599627370496.0:
        return x
    buffer = as_block(alloc(400))
    start = ptr_add(address(buffer), 16)
    host_parse_f64(start, host_format_f64(x, 102, digits, start), start)
    return load(storage("float64"), start)
