"""`s.upper()`. Differs from Python: letters beyond ASCII, Latin, Greek and Cyrillic stay as they are."""

from intrinsics import coerce
from types.str._case import change_case


def upper(self):
    """The text in capital letters."""
    return change_case(coerce(str, self), 1, False)
