"""`s.center(width, fill=" ")`."""

from intrinsics import coerce, noinline
from types.str._core import char_count
from types.str._layout import layout


@noinline
def centred(s, width: int, fill):
    """The text in the middle; an odd space goes where CPython puts it."""
    n = char_count(s)
    missing = width - n
    if missing <= 0:
        return s
    left = (missing >> 1) + (missing & width & 1)
    return layout("", layout("", s, fill, 0, 62, 0, n + left), fill, 0, 60, 0, width)


def center(self, width, fill=" "):
    """The text in the middle of a field."""
    return centred(coerce(str, self), int(width), coerce(str, fill))
