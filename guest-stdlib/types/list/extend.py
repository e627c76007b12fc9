"""`xs.extend(ys)`."""

from types.list._grow import reserve
from types.list._slice import put_range


def extend(self, items):
    """Appends every item of another sequence."""
    if isinstance(items, list):
        if items.dtype == self.dtype:
            n = items.length
            reserve(self, self.length + n)
            put_range(self, items, 0, n)
        else:
            for item in items:
                self.append(item)
    else:
        for item in items:
            self.append(item)
