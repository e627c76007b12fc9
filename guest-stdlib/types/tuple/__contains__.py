"""`x in t`."""


def __contains__(self, x):
    """True if some item equals `x`."""
    found = False
    for item in self:
        found = found or item == x
    return found
