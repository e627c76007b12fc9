"""`sorted(values, key=None, reverse=False)`; stable."""


def sorted(values, key=None, reverse=False):
    """A new list of the items in order."""
    out = list(values)
    out.sort(key, reverse)
    return out
