"""`s.isspace()`. Differs from Python: characters beyond ASCII count only if they are letters with cases."""

from intrinsics import coerce
from types.str._classes import all_are


def isspace(self):
    """True if the text is not empty and consists of white space."""
    return all_are(coerce(str, self), 4)
