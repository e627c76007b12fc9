"""`a >> b` for ints."""

from intrinsics import i64_shr_s


def __rshift__(a: int, b: int) -> int:
    """Shifts right, keeping the sign. Raises ValueError for a negative count."""
    if b < 0:
        raise ValueError("negative shift count")
    if b > 63:
        b = 63
    return i64_shr_s(a, b)
