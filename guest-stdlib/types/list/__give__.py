"""A list as the host takes it: an array of its numbers."""

from intrinsics import static_error
from numpy.array import array


def __give__(self):
    """As NumPy makes an array of a list."""
    if self.length > 0:
        if isinstance(self[0], str):
            static_error("a list of strings cannot be handed to the host | join them, or return a Series")
    return array(self).__give__()
