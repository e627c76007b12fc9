"""`np.reshape`."""


def reshape(a, shape):
    """The elements in another shape."""
    return a.reshape(shape)
