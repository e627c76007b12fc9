"""The texts of a table's labels."""

from intrinsics import load, noinline, ptr_add, storage
from pandas._columns.kind import kind
from pandas._show.cells import new_cells
from pandas._show.floats import float_cells
from pandas._show.values import int_cells, moment_cells, text_cells


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
        return _bool_labels(column, count)
    return text_cells(column, count, "")


@noinline
def _bool_labels(column, count):
    cells = new_cells()
    for i in range(count):
        if column.at(i, 0):
            cells.put("True")
        else:
            cells.put("False")
    return cells


@noinline
def without_lead(cells):
    """Cuts the first character of all cells while it is a space in each."""
    if cells.count == 0:
        return cells
    for i in range(cells.count):
        if cells.bytes_of(i) == 0 or load(storage("uint8"), cells.start_of(i)) != 32:
            return cells
    out = new_cells()
    for i in range(cells.count):
        out.writer.put_bytes(ptr_add(cells.start_of(i), 1), cells.bytes_of(i) - 1)
        out.close()
    return without_lead(out)
