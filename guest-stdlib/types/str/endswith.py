"""`s.endswith(part)`: a string or a tuple of strings."""

from intrinsics import coerce
from types.str._ends import ends


def endswith(self, part):
    """True if the text ends with `part`, or with one of them."""
    if isinstance(part, tuple):
        found = False
        for one in part:
            found = found or ends(coerce(str, self), coerce(str, one))
        return found
    else:
        return ends(coerce(str, self), coerce(str, part))
