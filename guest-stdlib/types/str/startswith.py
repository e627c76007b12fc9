"""`s.startswith(part)`: a string or a tuple of strings."""

from intrinsics import coerce
from types.str._ends import starts


def startswith(self, part):
    """True if the text begins with `part`, or with one of them."""
    if isinstance(part, tuple):
        found = False
        for one in part:
            found = found or starts(coerce(str, self), coerce(str, one))
        return found
    else:
        return starts(coerce(str, self), coerce(str, part))
