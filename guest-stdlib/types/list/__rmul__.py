"""`n * xs`."""


def __rmul__(self, n):
    """The elements `n` times over."""
    return self * n
