"""Order of lists: the first difference decides, then the length."""


def order(self, other):
    """Negative, zero or positive, as `self` is before, at or after `other`."""
    n = min(self.length, other.length)
    for i in range(n):
        a = self.__item__(i)
        b = other.__item__(i)
        if not a == b:
            if a < b:
                return -1
            return 1
    return self.length - other.length
