"""`range`: evenly spaced ints; a value of three ints without memory of its own."""

from intrinsics import check_index, value


@value
class range:
    """A step that is left out, or a literal, is known at compile time."""

    start: any
    stop: any
    step: any

    def __len__(self):
        if self.step == 1:
            size = self.stop - self.start
        elif self.step > 0:
            size = (self.stop - self.start + self.step - 1) // self.step
        else:
            size = (self.start - self.stop - self.step - 1) // -self.step
        if size < 0:
            size = 0
        return size

    def __item__(self, i):
        return self.start + i * self.step

    def __getitem__(self, index):
        i = check_index(index, len(self), "IndexError", "range object index out of range")
        return self.start + i * self.step

    def __contains__(self, x):
        x = int(x)
        if self.step > 0:
            inside = self.start <= x and x < self.stop
        else:
            inside = self.stop < x and x <= self.start
        return inside and (x - self.start) % self.step == 0

    def __eq__(self, other):
        n = len(self)
        if n != len(other):
            return False
        if n == 0:
            return True
        return self.start == other.start and (n == 1 or self.step == other.step)

    def __ne__(self, other):
        return not self == other

    def __repr__(self):
        if self.step == 1:
            return f"range({self.start}, {self.stop})"
        return f"range({self.start}, {self.stop}, {self.step})"
