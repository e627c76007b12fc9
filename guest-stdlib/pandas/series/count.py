"""`Series.count`."""

from pandas._reduce.present import present


def count(self):
    """How many values are not missing."""
    return present(self._column, self._rows, self._length, self._count)
