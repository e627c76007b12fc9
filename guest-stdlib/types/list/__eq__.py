"""`xs == ys`."""


def __eq__(self, other):
    """True if all elements are equal, in the same order."""
    if isinstance(other, list):
        n = self.length
        if n != other.length:
            return False
        for i in range(n):
            if not self.__item__(i) == other.__item__(i):
                return False
        return True
    else:
        return False
