"""`xs.remove(x)`."""


def remove(self, x):
    """Removes the first element that equals `x`. Raises ValueError."""
    for i in range(self.length):
        if self.__item__(i) == x:
            self.pop(i)
            return None
    raise ValueError("list.remove(x): x not in list")
