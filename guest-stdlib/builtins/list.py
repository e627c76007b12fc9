"""`list()` and `list(values)`."""

from builtins._sequence import sequence
from types.list._literal import _empty, _literal
from types.list._slice import copy_range


def list(values=None):
    """A new list of the items."""
    if values is None:
        return _empty()
    elif isinstance(values, tuple):
        return _literal(*values)
    else:
        items = sequence(values)
        if isinstance(items, list):
            return copy_range(items, 0, items.length)
        else:
            out = _empty()
            for x in items:
                out.append(x)
            return out
