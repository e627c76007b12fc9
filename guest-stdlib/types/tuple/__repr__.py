"""`repr` of a tuple."""

from types.str._join import _join


def __repr__(self):
    """The items' reprs in parentheses."""
    parts = ("(",)
    n = len(self)
    i = 0
    for item in self:
        if i > 0:
            parts = parts + (", ",)
        parts = parts + (repr(item),)
        i = i + 1
    if n == 1:
        parts = parts + (",",)
    return _join(*parts, ")")
