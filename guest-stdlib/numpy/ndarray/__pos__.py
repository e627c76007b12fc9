"""`ndarray.__pos__`."""


def __pos__(self):
    """A copy."""
    return self.copy()
