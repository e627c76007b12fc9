"""`np.zeros_like`."""

from intrinsics import storage
from numpy._make import zero_array


def zeros_like(a, dtype=None):
    """Zeros in the shape and element type of an array."""
    if dtype is None:
        return zero_array(a.dtype, a.shape)
    return zero_array(storage(dtype), a.shape)
