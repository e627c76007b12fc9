"""`ndarray.tolist`."""


def tolist(self):
    """A list (of lists) of the elements."""
    if len(self.shape) == 1:
        return [x for x in self]
    return [row.tolist() for row in self]
