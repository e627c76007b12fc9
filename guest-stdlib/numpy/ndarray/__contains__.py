"""`ndarray.__contains__`."""


def __contains__(self, value):
    """True if some element equals the value."""
    return (self == value).any()
