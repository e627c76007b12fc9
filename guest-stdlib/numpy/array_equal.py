"""`np.array_equal`."""

from numpy._spread import same_shape


def array_equal(a, b):
    """True if two arrays have one shape and equal elements."""
    if len(a.shape) != len(b.shape):
        return False
    if not same_shape(a.shape, b.shape):
        return False
    return (a == b).all()
