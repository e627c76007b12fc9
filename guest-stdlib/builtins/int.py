"""`int(x)` of numbers and strings. Ints have 64 bits: a larger value raises OverflowError."""

from builtins._int import _int


def int(x=0):
    """The number without its fraction, or the number that a string spells in base 10."""
    return _int(x)
