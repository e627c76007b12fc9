"""What a loop over a column goes through."""

from intrinsics import value
from pandas.series._element import plain_value


@value
class Values:
    """A column in memory and its length."""

    _column: any
    _count: any

    def __len__(self):
        return self._count

    def __item__(self, i):
        return plain_value(self._column, i)
