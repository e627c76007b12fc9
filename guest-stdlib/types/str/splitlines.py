r"""`s.splitlines()`. Differs from Python: only \n, \r and \r\n end a line."""

from intrinsics import coerce
from types.str._split import split_lines


def splitlines(self):
    """The lines without their ends."""
    return split_lines(coerce(str, self))
