"""`Series.values`, like `to_numpy()`."""


@property
def values(self):
    """The values as an array."""
    return self.to_numpy()
