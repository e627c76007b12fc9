"""A Series as the host takes it: a frame of one column, after its labels if they are more than row numbers."""

from pandas._columns.give import give_column, give_labels


def __give__(self):
    """A word, the names, and the columns; a Series without a name is called "0", as pandas does."""
    names, columns = give_labels(self)
    name = "0"
    if self._name is not None:
        name = self._name
    column = give_column(self._column, self._rows, self._length, self._count)
    return ("frame", names + (name,), columns + (column,))
