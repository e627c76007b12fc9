"""What `zip` gives."""

from intrinsics import select, value


@value
class zip:
    """Several sequences, side by side."""

    items: any

    def __len__(self):
        return shortest(*self.items)

    def __item__(self, i):
        row = ()
        for x in self.items:
            row = row + (x.__item__(i),)
        return row


def shortest(*items):
    """Length of the shortest sequence; 0 of none."""
    n = 0
    first = True
    for x in items:
        m = len(x)
        if first:
            n = m
        else:
            n = select(m < n, m, n)
        first = False
    return n
