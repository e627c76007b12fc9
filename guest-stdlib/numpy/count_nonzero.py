"""`np.count_nonzero` of a whole array."""

from intrinsics import load, ptr_add, sizeof
from numpy._reduce import source_array


def count_nonzero(a):
    """Number of elements that are not zero."""
    x = source_array(a, "count_nonzero")
    count = 0
    for i in range(x.size):
        if load(x.dtype, ptr_add(x._data, i * sizeof(x.dtype))):
            count += 1
    return count
