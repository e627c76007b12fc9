"""`Series.all` of a column of bools."""

from intrinsics import static_error


def all(self):
    """True if all values are true."""
    if self._column.dtype() != "bool":
        static_error("`all` needs a column of bools, not `", self._column.dtype(), "`")
    return self.sum() == self._count
