"""`s.capitalize()`. Differs from Python: letters beyond ASCII, Latin, Greek and Cyrillic stay as they are."""

from intrinsics import coerce
from types.str._case import change_case


def capitalize(self):
    """The text in small letters after a capital."""
    return change_case(coerce(str, self), 2, False)
