"""`np.concatenate` of a tuple of arrays, along the first axis."""

from intrinsics import static_error
from numpy._make import empty_array
from numpy._promote import promote


def concatenate(arrays):
    """One array after the other."""
    if not isinstance(arrays, tuple):
        static_error("`np.concatenate` needs a tuple of arrays")
    dtype = arrays[0].dtype
    length = 0
    for a in arrays:
        dtype = promote(dtype, a.dtype)
        length += a.shape[0]
        if len(a.shape) != len(arrays[0].shape):
            static_error("all the input arrays must have same number of dimensions")
    shape = (length,)
    if len(arrays[0].shape) == 2:
        shape = (length, arrays[0].shape[1])
    out = empty_array(dtype, shape)
    at = 0
    for a in arrays:
        out[at : at + a.shape[0]] = a
        at += a.shape[0]
    return out
