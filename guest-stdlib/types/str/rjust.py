"""`s.rjust(width, fill=" ")`."""

from intrinsics import coerce
from types.str._layout import layout


def rjust(self, width, fill=" "):
    """The text at the right of a field."""
    return layout("", coerce(str, self), coerce(str, fill), 0, 62, 0, int(width))
