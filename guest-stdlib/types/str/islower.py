"""`s.islower()`."""

from intrinsics import coerce
from types.str._classes import has_case


def islower(self):
    """True if there are letters, all of them small letters."""
    return has_case(coerce(str, self), False)
