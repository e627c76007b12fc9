"""`s.index(part)`. Differs from Python: no start and end."""

from intrinsics import check


def index(self, part):
    """Position of the first `part`. Raises ValueError."""
    at = self.find(part)
    check(at >= 0, "ValueError", "substring not found")
    return at
