"""`np.transpose`, with one argument."""


def transpose(a):
    """A view with the axes reversed."""
    return a.T
