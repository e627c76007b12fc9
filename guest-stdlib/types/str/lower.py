"""`s.lower()`. Differs from Python: letters beyond ASCII, Latin, Greek and Cyrillic stay as they are."""

from intrinsics import coerce
from types.str._case import change_case


def lower(self):
    """The text in small letters."""
    return change_case(coerce(str, self), 0, False)
