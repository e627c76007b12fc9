"""`slice`: what stands between the brackets of `x[a:b:c]`; a missing part is None."""

from intrinsics import check, static_error, value
from types.slice._clip import clip


@value
class slice:
    """Parts that are literals keep their values at compile time."""

    start: any
    stop: any
    step: any

    def indices(self, length: static):
        """(start, stop, step) for a sequence of `length` items, as CPython's `slice.indices`."""
        if self.step is None:
            step = 1
        else:
            if not isinstance(self.step, int):
                static_error("slice indices must be integers or None")
            step = self.step
            check(step != 0, "ValueError", "slice step cannot be zero")
        # For a step back, -1 stands for "before the first item".
        low = 0
        high = length
        if step < 0:
            low = -1
            high = length - 1
        if self.start is None:
            if step > 0:
                start = low
            else:
                start = high
        else:
            start = clip(self.start, length, low, high)
        if self.stop is None:
            if step > 0:
                stop = high
            else:
                stop = low
        else:
            stop = clip(self.stop, length, low, high)
        return start, stop, step

    def count(self, length: static):
        """(start, step, number of items) for a sequence of `length` items."""
        start, stop, step = self.indices(length)
        if step == 1:
            size = stop - start
        elif step > 0:
            size = (stop - start + step - 1) // step
        else:
            size = (start - stop - step - 1) // -step
        if size < 0:
            size = 0
        return start, step, size
