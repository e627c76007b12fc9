"""`for x in series`."""

from pandas._columns.gather import gather
from pandas.series._values import Values


def __iter__(self):
    """The selected values, read into memory."""
    return Values(gather(self._column, self._rows, self._length, self._count), self._count)
