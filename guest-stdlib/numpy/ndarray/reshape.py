"""`ndarray.reshape`. Arrays with gaps are copied."""

from intrinsics import check, coerce
from numpy._assign import run
from numpy.ndarray.type import ndarray


def reshape(self, *shape):
    """The elements in another shape; one length may be -1."""
    if len(shape) == 1 and isinstance(shape[0], tuple):
        return _reshape(self, shape[0])
    return _reshape(self, shape)


def _reshape(a, wanted):
    known = 1
    unknown = 0
    for length in wanted:
        if length < 0:
            unknown += 1
        else:
            known = known * length
    check(unknown <= 1, "ValueError", "can only specify one unknown dimension")
    missing = 0
    if unknown == 1 and known > 0:
        missing = a.size // known
    shape = ()
    total = 1
    for length in wanted:
        n = coerce(int, length)
        if n < 0:
            n = missing
        shape = shape + (n,)
        total = total * n
    check(total == a.size, "ValueError", "cannot reshape array of size {0} into the given shape", a.size)
    source = run(a)
    return ndarray(source.dtype, source._owner, source._data, shape, None)
