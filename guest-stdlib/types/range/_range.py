"""`range(stop)`, `range(start, stop)`, `range(start, stop, step)`."""

from intrinsics import check, static_error
from types.range.type import range


def _range(first, second=None, step: static = 1):
    """Makes a range; the arguments must be ints."""
    if not isinstance(first, int) or not isinstance(step, int):
        static_error("`range` needs integers | convert with `int(...)`")
    check(step != 0, "ValueError", "range() arg 3 must not be zero")
    if second is None:
        return range(0, int(first), step)
    else:
        if not isinstance(second, int):
            static_error("`range` needs integers | convert with `int(...)`")
        return range(int(first), int(second), step)
