"""A frame as the host takes it: its selected rows, column by column.

Labels that are row numbers stay behind; other labels are the first column.
"""

from intrinsics import static_map
from pandas._columns.give import give_column, give_labels
from pandas.dataframe._columns import opened


def __give__(self):
    """A word, the names, and the columns."""

    def one(column: static):
        return give_column(opened(self, column), self._rows, self._length, self._count)

    names, columns = give_labels(self)
    return ("frame", names + self._names, columns + static_map(one, self._columns))
