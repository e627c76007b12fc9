"""`t * n` with a literal `n`."""

from intrinsics import is_static, static_error, static_range


def __mul__(self, n: static):
    """The items `n` times over."""
    if not is_static(n):
        static_error("a tuple can only be repeated a constant number of times | use a list")
    out = ()
    for _ in static_range(n):
        out = out + self
    return out
