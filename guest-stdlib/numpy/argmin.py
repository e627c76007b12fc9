"""`np.argmin` of a whole array."""

from numpy._reduce import source_array


def argmin(a):
    """Place of the first least element."""
    return source_array(a, "argmin").argmin()
