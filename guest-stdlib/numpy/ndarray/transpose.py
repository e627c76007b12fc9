"""`ndarray.transpose`, without arguments."""


def transpose(self):
    """A view with the axes reversed."""
    return self.T
