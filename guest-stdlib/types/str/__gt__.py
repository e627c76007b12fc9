"""`a > b` for strings."""

from intrinsics import coerce
from types.str._compare import order


def __gt__(a, b):
    """Compares by code points."""
    return order(coerce(str, a), coerce(str, b)) > 0
