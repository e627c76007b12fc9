"""`reversed(values)`."""

from builtins._sequence import sequence
from types.reversed.type import reversed as backwards


def reversed(values):
    """The items from the last to the first; of a tuple as a tuple."""
    if isinstance(values, tuple):
        out = ()
        for x in values:
            out = (x,) + out
        return out
    else:
        return backwards(sequence(values))
