"""`np.eye`, with one argument."""

from numpy._make import element, shape_of, zero_array


def eye(n, dtype=None):
    """The n x n matrix with ones on the diagonal."""
    out = zero_array(element(dtype, "float64"), shape_of((n, n)))
    for i in range(n):
        out[i, i] = 1
    return out
