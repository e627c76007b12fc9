"""`enumerate(values, start=0)`."""

from builtins._sequence import sequence
from types.enumerate.type import enumerate as pairs


def enumerate(values, start=0):
    """(number, item) pairs; of a tuple as a tuple."""
    if isinstance(values, tuple):
        out = ()
        i = 0
        for x in values:
            out = out + ((start + i, x),)
            i = i + 1
        return out
    else:
        return pairs(sequence(values), start)
