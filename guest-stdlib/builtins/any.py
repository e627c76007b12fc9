"""`any(values)`."""


def any(values):
    """True if some item is true."""
    if isinstance(values, tuple):
        found = False
        for x in values:
            found = found or bool(x)
        return found
    else:
        for x in values:
            if x:
                return True
        return False
