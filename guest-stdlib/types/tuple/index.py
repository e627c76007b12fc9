"""`t.index(x)`."""


def index(self, x):
    """Position of the first item that equals `x`. Raises ValueError."""
    i = 0
    for item in self:
        if item == x:
            return int(i)
        i = i + 1
    raise ValueError("tuple.index(x): x not in tuple")
