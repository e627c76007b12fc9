"""`x in xs`."""


def __contains__(self, x):
    """True if some element equals `x`."""
    for item in self:
        if item == x:
            return True
    return False
