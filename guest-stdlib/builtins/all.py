"""`all(values)`."""


def all(values):
    """True if every item is true."""
    if isinstance(values, tuple):
        missed = False
        for x in values:
            missed = missed or not x
        return not missed
    else:
        for x in values:
            if not x:
                return False
        return True
