"""`[a, b, c]` and `[]`."""

from intrinsics import coerce, new_var, sizeof, static_len, store, type_of, unify
from types.list._new import new_list
from types.list._place import place


def _literal(*items):
    """A list of the items; their types must go together."""
    if static_len(items) == 0:
        return _empty()
    else:
        T = element_type(*items)
        out = new_list(T, static_len(items))
        i = 0
        for item in items:
            store(T, place(out, i), coerce(T, item))
            i = i + 1
        out.length = static_len(items)
        return out


def element_type(*items):
    """The type that holds every item."""
    T = new_var()
    for item in items:
        T = unify(T, type_of(item))
    return T


def _empty():
    """A list whose element type is found from its use."""
    return new_list(new_var(), 0)
