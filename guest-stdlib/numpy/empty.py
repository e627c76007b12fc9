"""`np.empty`."""

from numpy._make import element, empty_array, shape_of


def empty(shape, dtype=None):
    """A new array; its elements are whatever lay in its memory."""
    return empty_array(element(dtype, "float64"), shape_of(shape))
