"""The texts of a table's labels."""

from intrinsics import cold, load, ptr_add, storage
from pandas._columns.kind import kind
from pandas._columns.writer import new_writer
from pandas._show.floats import float_cells
from pandas._show.values import bool_cells, int_cells, moment_cells, text_cells


def label_cells(column, count):
    """Left-aligned texts of labels in memory: a space for the sign only if some label has one."""
    dtype = column.dtype()
    if kind(dtype) == "float":
        return without_lead(float_cells(column, count))
    if kind(dtype) == "int":
        return without_lead(int_cells(column, count))
    if kind(dtype) == "datetime":
        return moment_cells(column, count, dtype)
    if kind(dtype) == "bool":
        return bool_cells(column, count, 0)
    return text_cells(column, count, 0)


@cold
def without_lead(cells):
    """Cuts the first characters of all cells as long as they are a space in each."""
    cut = 0
    while _all_have_space(cells, cut):
        cut += 1
    out = new_writer()
    for i in range(cells.count):
        out.put_bytes(ptr_add(cells.start_of(i), cut), cells.bytes_of(i) - cut)
        out.close()
    return out


@cold
def _all_have_space(cells, at):
    for i in range(cells.count):
        if cells.bytes_of(i) <= at or load(storage("uint8"), ptr_add(cells.start_of(i), at)) != 32:
            return False
    return cells.count > 0
