"""`a == b` for strings."""

from intrinsics import coerce
from types.str._compare import equal


def __eq__(a, b):
    """Compares by code points."""
    return equal(coerce(str, a), coerce(str, b))
