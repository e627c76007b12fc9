"""`len(s)`: the number of code points."""

from intrinsics import coerce
from types.str._core import char_count


def __len__(self):
    """Characters of the text."""
    return char_count(coerce(str, self))
