"""`np.asarray`."""

from intrinsics import storage
from numpy.array import array


def asarray(a, dtype=None):
    """The array itself if it has the element type, otherwise a new one."""
    if isinstance(a, ndarray):
        if dtype is None or a.dtype == storage(dtype):
            return a
    return array(a, dtype)
