"""`t.count(x)`."""


def count(self, x):
    """Number of items that equal `x`."""
    n = 0
    for item in self:
        if item == x:
            n += 1
    return n
