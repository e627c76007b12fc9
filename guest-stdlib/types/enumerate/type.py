"""What `enumerate` gives."""

from intrinsics import value


@value
class enumerate:
    """Numbers and items of a sequence, from a first number on."""

    items: any
    start: any

    def __len__(self):
        return len(self.items)

    def __item__(self, i):
        return self.start + i, self.items.__item__(i)
