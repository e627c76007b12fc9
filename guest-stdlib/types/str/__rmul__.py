"""`n * s`."""


def __rmul__(self, n):
    """The text `n` times over."""
    return self * n
