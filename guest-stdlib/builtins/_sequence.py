"""What a loop goes over: something with a length and access by position."""

from intrinsics import has_method, static_error
from types.list._literal import _literal


def sequence(values):
    """`values`, or what its `__iter__` gives; a tuple as a list."""
    if isinstance(values, tuple):
        return _literal(*values)
    elif has_method(values, "__iter__"):
        return values.__iter__()
    elif has_method(values, "__item__"):
        return values
    else:
        static_error("this value cannot be iterated over")
