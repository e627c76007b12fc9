"""`a != b` for tuples."""


def __ne__(self, other):
    """True unless all items are equal."""
    return not self == other
