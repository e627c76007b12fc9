"""`zip(a, b, ...)`. Tuples among sequences count as lists."""

from builtins._sequence import sequence
from intrinsics import static_len, static_range
from types.zip.type import zip as rows


def zip(*args):
    """Tuples of the items at the same place; ends with the shortest."""
    if all_tuples(*args):
        return zip_tuples(*args)
    else:
        items = ()
        for x in args:
            items = items + (sequence(x),)
        return rows(items)


def all_tuples(*args):
    """True if every argument is a tuple."""
    answer = True
    for x in args:
        if not isinstance(x, tuple):
            answer = False
    return answer


def zip_tuples(*args):
    """The rows as a tuple."""
    n = 512
    for x in args:
        if static_len(x) < n:
            n = static_len(x)
    out = ()
    for i in static_range(n):
        row = ()
        for x in args:
            row = row + (x[i],)
        out = out + (row,)
    return out
