"""`min` and `max` of a sequence."""

from builtins._sequence import sequence
from intrinsics import check


def min_of_sequence(values, key):
    """The smallest item; the first of equals."""
    if key is None:
        if isinstance(values, tuple):
            return min(*values)
        else:
            items = sequence(values)
            check(len(items) > 0, "ValueError", "min() arg is an empty sequence")
            best = items.__item__(0)
            for x in items:
                if x < best:
                    best = x
            return best
    else:
        items = sequence(values)
        check(len(items) > 0, "ValueError", "min() arg is an empty sequence")
        best = items.__item__(0)
        best_key = key(best)
        for x in items:
            k = key(x)
            if k < best_key:
                best = x
                best_key = k
        return best


def max_of_sequence(values, key):
    """The largest item; the first of equals."""
    if key is None:
        if isinstance(values, tuple):
            return max(*values)
        else:
            items = sequence(values)
            check(len(items) > 0, "ValueError", "max() arg is an empty sequence")
            best = items.__item__(0)
            for x in items:
                if x > best:
                    best = x
            return best
    else:
        items = sequence(values)
        check(len(items) > 0, "ValueError", "max() arg is an empty sequence")
        best = items.__item__(0)
        best_key = key(best)
        for x in items:
            k = key(x)
            if k > best_key:
                best = x
                best_key = k
        return best
