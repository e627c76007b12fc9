"""`s.isupper()`."""

from intrinsics import coerce
from types.str._classes import has_case


def isupper(self):
    """True if there are letters, all of them capitals."""
    return has_case(coerce(str, self), True)
