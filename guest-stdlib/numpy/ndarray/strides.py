"""`ndarray.strides`."""

from intrinsics import static_range
from numpy._index import step_of


@property
def strides(self):
    """Bytes from one index to the next on each axis."""
    out = ()
    for axis in static_range(len(self.shape)):
        out = out + (step_of(self, axis),)
    return out
