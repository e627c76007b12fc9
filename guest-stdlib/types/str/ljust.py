"""`s.ljust(width, fill=" ")`."""

from intrinsics import coerce
from types.str._layout import layout


def ljust(self, width, fill=" "):
    """The text at the left of a field."""
    return layout("", coerce(str, self), coerce(str, fill), 0, 60, 0, int(width))
