"""`np.zeros`."""

from numpy._make import element, shape_of, zero_array


def zeros(shape, dtype=None):
    """A new array of zeros."""
    return zero_array(element(dtype, "float64"), shape_of(shape))
