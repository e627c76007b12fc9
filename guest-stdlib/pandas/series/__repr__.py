"""What is shown of a column: as in pandas, at most sixty rows."""

from intrinsics import cold
from pandas._columns.writer import new_writer
from pandas._show.labels import label_cells
from pandas._show.pick import ENDS, MOST, index_of, pick, shown_count, shown_rows
from pandas._show.table import put_dots
from pandas._show.values import value_cells


def __repr__(self):
    """Labels, values, and a line with name, length and type."""
    writer = new_writer()
    if self._count == 0:
        writer.put("Series([], ")
        _put_footer(writer, self, False)
        writer.put(")")
        return writer.finish()
    cut = self._count > MOST
    count = shown_count(self._count)
    picked = shown_rows(self._rows, self._length, self._count)
    labels = label_cells(pick(index_of(self), picked, count, self._length), count)
    values = value_cells(pick(self._column, picked, count, self._length), count)
    if self._index_name is not None:
        writer.put(self._index_name)
        writer.put("\n")
    _put_lines(writer, labels, values, cut)
    _put_footer(writer, self, cut)
    return writer.finish()


@cold
def _put_lines(writer, labels, values, cut):
    """A line for each value: the labels on the left, the values on the right, dots where some are left out."""
    for i in range(values.count):
        if cut and i == ENDS:
            writer.pad(labels.widest + 3)
            put_dots(writer, values.widest, 1)
            writer.put_byte(10)
        writer.put_cell(labels, i, 0, labels.widest + 3 - labels.width_of(i))
        writer.put_cell(values, i, values.widest - values.width_of(i), 0)
        writer.put_byte(10)


def _put_footer(writer, series, cut):
    if series._name is not None:
        writer.put("Name: ")
        writer.put(series._name)
        writer.put(", ")
    if cut:
        writer.put("Length: ")
        writer.put_int(series._count, 1)
        writer.put(", ")
    writer.put("dtype: ")
    writer.put(series._column.dtype())
