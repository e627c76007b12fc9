"""`ndarray.flatten`."""


def flatten(self):
    """A new array with the elements on one axis."""
    return self.copy().reshape(self.size)
