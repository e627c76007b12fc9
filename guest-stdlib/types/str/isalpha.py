"""`s.isalpha()`. Differs from Python: characters beyond ASCII count only if they are letters with cases."""

from intrinsics import coerce
from types.str._classes import all_are


def isalpha(self):
    """True if the text is not empty and consists of letters."""
    return all_are(coerce(str, self), 2)
