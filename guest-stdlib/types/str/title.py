"""`s.title()`. Differs from Python: letters beyond ASCII, Latin, Greek and Cyrillic stay as they are."""

from intrinsics import coerce
from types.str._case import change_case


def title(self):
    """The text in words with capitals."""
    return change_case(coerce(str, self), 2, True)
