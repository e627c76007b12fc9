"""`a == b` for tuples."""

def __eq__(self, other):
    """True if all items are equal."""
    if len(self) != len(other):
        return False
    else:
        return equal_from(self, other, 0)


def equal_from(a, b, i: static):
    """The same from item `i` on."""
    if i == len(a):
        return True
    else:
        return a[i] == b[i] and equal_from(a, b, i + 1)
