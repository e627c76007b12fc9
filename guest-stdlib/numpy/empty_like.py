"""`np.empty_like`."""

from intrinsics import storage
from numpy._make import empty_array


def empty_like(a, dtype=None):
    """A new array in the shape and element type of an array."""
    if dtype is None:
        return empty_array(a.dtype, a.shape)
    return empty_array(storage(dtype), a.shape)
