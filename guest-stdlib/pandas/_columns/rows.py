"""Row numbers as a column: the labels 0, 1, 2, … of a frame."""

from intrinsics import inline, value


@value
class RowNumbers:
    """Has no content: the value of row `i` is `i`."""

    _step: any

    def dtype(self):
        return "int64"

    def bind(self, seen):
        return self

    def cursors(self):
        return ()

    def fill(self, rows, base):
        return None

    def close(self):
        return None

    @inline
    def at(self, i, base):
        return base + i

    @inline
    def missing(self, i, base):
        return False
