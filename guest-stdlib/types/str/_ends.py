"""`startswith` and `endswith`."""

from intrinsics import noinline
from types.str._core import byte_count
from types.str._find import matches


@noinline
def starts(s, part):
    """True if `s` begins with `part`."""
    return byte_count(part) <= byte_count(s) and matches(s, 0, part)


@noinline
def ends(s, part):
    """True if `s` ends with `part`."""
    return byte_count(part) <= byte_count(s) and matches(s, byte_count(s) - byte_count(part), part)
