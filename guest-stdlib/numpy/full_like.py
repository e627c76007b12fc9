"""`np.full_like`."""

from intrinsics import storage
from numpy._make import filled_array


def full_like(a, fill_value, dtype=None):
    """One value everywhere, in the shape and element type of an array."""
    if dtype is None:
        return filled_array(a.dtype, a.shape, fill_value)
    return filled_array(storage(dtype), a.shape, fill_value)
