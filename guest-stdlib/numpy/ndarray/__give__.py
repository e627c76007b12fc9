"""An array as the host takes it: without gaps."""

from intrinsics import coerce, load
from numpy._assign import run


def __give__(self):
    """A word, the element type, the block, the address in it, and the lengths; an array without dimensions is
    its element."""
    if len(self.shape) == 0:
        return load(self.dtype, self._data)
    whole = run(self)
    lengths = ()
    for length in whole.shape:
        lengths = lengths + (coerce(int, length),)
    return ("array", whole.dtype, whole._owner, whole._data, lengths)
