"""`s.zfill(width)`."""

from intrinsics import coerce, noinline
from types.str._core import byte_at, byte_count
from types.str._layout import layout
from types.str._substring import substring


@noinline
def fill_zeros(s, width: int):
    """Zeros go behind a sign."""
    n = byte_count(s)
    cut = 1 if n > 0 and (byte_at(s, 0) == 43 or byte_at(s, 0) == 45) else 0
    return layout(substring(s, 0, cut), substring(s, cut, n), s, -1, 61, 1, width)


def zfill(self, width):
    """The text with zeros before it up to a width."""
    return fill_zeros(coerce(str, self), int(width))
