"""`xs += ys`."""


def __iadd__(self, items):
    """Appends every item of another sequence, in place."""
    self.extend(items)
    return self
