"""`np.argmax` of a whole array."""

from numpy._reduce import source_array


def argmax(a):
    """Place of the first greatest element."""
    return source_array(a, "argmax").argmax()
