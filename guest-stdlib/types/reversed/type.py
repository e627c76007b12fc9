"""What `reversed` gives."""

from intrinsics import value


@value
class reversed:
    """A sequence, last item first."""

    items: any

    def __len__(self):
        return len(self.items)

    def __item__(self, i):
        return self.items.__item__(len(self.items) - 1 - i)
