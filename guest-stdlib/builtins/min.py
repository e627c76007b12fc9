"""`min`: numbers of different types come back as the type that holds them all."""

from builtins._extreme import min_of_sequence
from intrinsics import select, static_len
from types.list._literal import _literal as list_of


def min(*args, key=None):
    """The smallest of the arguments, or of the items of a single one; the first of equals."""
    if static_len(args) == 1:
        return min_of_sequence(args[0], key)
    elif key is not None:
        return min_of_sequence(list_of(*args), key)
    else:
        return fold(*args)


def fold(first, *rest):
    """The smallest of one or more values."""
    best = first
    for x in rest:
        if isinstance(x, (int, float)) and isinstance(best, (int, float)):
            best = select(x < best, x, best)
        else:
            if x < best:
                best = x
    return best
