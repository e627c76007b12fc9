"""`repr` of a list."""

from types.list._new import new_list
from types.str._join_list import join_list


def __repr__(self):
    """The elements' reprs between brackets."""
    parts = new_list(str, self.length)
    for item in self:
        parts.append(repr(item))
    return join_list("[", ", ", parts, "]")
