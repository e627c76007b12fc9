"""`s.swapcase()`. Differs from Python: letters beyond ASCII, Latin, Greek and Cyrillic stay as they are."""

from intrinsics import coerce
from types.str._case import change_case


def swapcase(self):
    """The text in the other case of each letter."""
    return change_case(coerce(str, self), 3, False)
