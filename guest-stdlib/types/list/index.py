"""`xs.index(x)`. Differs from Python: no start and stop."""


def index(self, x):
    """Position of the first element that equals `x`. Raises ValueError."""
    for i in range(self.length):
        if self.__item__(i) == x:
            return i
    raise ValueError(repr(x) + " is not in list")
