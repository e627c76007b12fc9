"""`repr` of a tuple."""

from types.list._new import new_list
from types.str._join_list import join_list


def __repr__(self):
    """The items' reprs in parentheses."""
    n = len(self)
    parts = new_list(str, n)
    for item in self:
        parts.append(repr(item))
    if n == 1:
        return join_list("(", ", ", parts, ",)")
    else:
        return join_list("(", ", ", parts, ")")
