"""A bound of a slice, brought into the sequence."""

from intrinsics import static_error


def clip(bound: static, length: static, low: static, high: static):
    """`bound`, counted from the end if negative, within low..high."""
    if not isinstance(bound, int):
        static_error("slice indices must be integers or None")
    if isinstance(bound, bool):
        bound = int(bound)
    if bound < 0:
        bound += length
        if bound < low:
            bound = low
    elif bound > high:
        bound = high
    return bound
