"""What is shown of a frame: as in pandas, at most sixty rows and eighty characters a line."""

from core.memory import alloc
from intrinsics import (
    address, as_block, cold, drop_at, ptr_add, sizeof, static_len, static_range, store, type_of,
)
from pandas._columns.kind import is_number
from pandas._columns.writer import new_writer
from pandas._show.cells import justified
from pandas._show.labels import label_cells
from pandas._show.pick import ENDS, MOST, index_of, pick, shown_count, shown_rows
from pandas._show.table import dotted_columns, fitting, with_dots
from pandas._show.values import value_cells
from pandas.dataframe._columns import column_at


def __repr__(self):
    """The table, and its size if it is cut."""
    if self._count == 0 or static_len(self._names) == 0:
        return _empty(self)
    cut = self._count > MOST
    count = shown_count(self._count)
    picked = shown_rows(self._rows, self._length, self._count)
    labels = label_cells(pick(index_of(self), picked, count, self._length), count)
    columns = static_len(self._names)
    kind = type_of(labels)
    block = as_block(alloc(sizeof(kind) * (columns + 1)))
    to = ptr_add(address(block), 16)
    store(kind, to, _index_column(labels, self._index_name, cut))
    header = 1
    if self._index_name is not None:
        header = 2
    for i in static_range(columns):
        to = ptr_add(to, sizeof(kind))
        column = column_at(self, i)
        values = value_cells(pick(column, picked, count, self._length), count)
        store(kind, to, _value_column(values, self._names[i], is_number(column.dtype()), header, cut))
    first = ptr_add(address(block), 16)
    kept = fitting(first, kind, columns)
    writer = new_writer()
    dotted_columns(writer, first, kind, columns, kept)
    drop_at(kind, first, columns + 1)
    if cut or kept < columns:
        writer.put("\n\n[")
        writer.put_int(self._count, 1)
        writer.put(" rows x ")
        writer.put_int(columns, 1)
        writer.put(" columns]")
    return writer.finish()


def _index_column(labels, name, cut):
    """The labels under an empty header, and the name of the index if it has one."""
    out = new_writer()
    out.close()
    at = ENDS + 1
    if name is not None:
        out.cell(name)
        at += 1
    _append(out, labels)
    out = justified(out, out.widest, False)
    if cut:
        return with_dots(out, at, 0)
    return out


def _value_column(values, name, number, header, cut):
    """The values under the name, which has a space in front over numbers."""
    title = new_writer()
    if number:
        title.put_byte(32)
    title.cell(name)
    width = values.widest
    if title.width_of(0) > width:
        width = title.width_of(0)
    return _stacked(title, values, width, header, cut)


@cold
def _stacked(title, values, width, header, cut):
    if header > 1:
        title.close()
    values = justified(values, width, True)
    if cut:
        values = with_dots(values, ENDS, 2)
    out = justified(title, width, True)
    _append(out, values)
    return out


@cold
def _append(out, cells):
    for i in range(cells.count):
        out.put_cell(cells, i, 0, 0)
        out.close()


def _empty(frame):
    writer = new_writer()
    writer.put("Empty DataFrame\nColumns: [")
    first = True
    for name in frame._names:
        if not first:
            writer.put(", ")
        first = False
        writer.put(name)
    writer.put("]\nIndex: []")
    return writer.finish()
