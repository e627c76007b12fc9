"""`xs != ys`."""


def __ne__(self, other):
    """True unless all elements are equal."""
    return not self == other
