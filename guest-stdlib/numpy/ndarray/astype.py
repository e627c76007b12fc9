"""`ndarray.astype`. Floats become integers by truncation; NaN becomes 0, large values saturate."""

from intrinsics import storage
from numpy._assign import copy_elements
from numpy._make import empty_array


def astype(self, dtype):
    """A new array with the elements converted."""
    out = empty_array(storage(dtype), self.shape)
    copy_elements(out, self)
    return out
