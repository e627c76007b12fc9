"""`Series.any` of a column of bools."""

from intrinsics import static_error


def any(self):
    """True if some value is true."""
    if self._column.dtype() != "bool":
        static_error("`any` needs a column of bools, not `", self._column.dtype(), "`")
    return self.sum() > 0
