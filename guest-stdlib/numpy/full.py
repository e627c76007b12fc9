"""`np.full`."""

from intrinsics import storage, type_of
from numpy._make import filled_array, shape_of


def full(shape, fill_value, dtype=None):
    """A new array with one value everywhere; without `dtype`, of the value's type."""
    if dtype is None:
        return filled_array(storage(type_of(fill_value)), shape_of(shape), fill_value)
    return filled_array(storage(dtype), shape_of(shape), fill_value)
