"""`float(x)` of numbers and strings."""

from builtins._float import _float


def float(x=0.0):
    """The number as a float, or the number that a string spells."""
    return _float(x)
