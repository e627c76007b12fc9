"""`ndarray.T`."""

from intrinsics import static_range
from numpy._index import step_of
from numpy.ndarray.type import ndarray


@property
def T(self):
    """A view with the axes reversed."""
    if len(self.shape) == 1:
        return self
    shape = ()
    steps = ()
    for axis in static_range(len(self.shape)):
        shape = (self.shape[axis],) + shape
        steps = (step_of(self, axis),) + steps
    return ndarray(self.dtype, self._owner, self._data, shape, steps)
