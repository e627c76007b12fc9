"""`ndarray.ravel`."""


def ravel(self):
    """The elements on one axis; a view if they lie without gaps."""
    return self.reshape(self.size)
