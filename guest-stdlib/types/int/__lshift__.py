"""`<<` of two ints."""

from intrinsics import i64_shl


def __lshift__(a: int, b: int) -> int:
    """`a << b`; bits beyond 64 are lost, as documented. Raises ValueError for a negative count."""
    if b < 0:
        raise ValueError("negative shift count")
    if b > 63:
        return 0
    return i64_shl(a, b)
