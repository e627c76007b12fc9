"""`s.isalnum()`. Differs from Python: characters beyond ASCII count only if they are letters with cases."""

from intrinsics import coerce
from types.str._classes import all_are


def isalnum(self):
    """True if the text is not empty and consists of letters or digits."""
    return all_are(coerce(str, self), 3)
