"""The texts of a column's values, as pandas writes them in a table."""

from intrinsics import load, noinline, ptr_add, static_error, storage
from pandas._columns.kind import NAT, kind
from pandas._show.cells import justified, new_cells, shortened
from pandas._show.floats import float_cells
from pandas._show.moment import put_moment, ticks, zone

_WIDEST = 50


def value_cells(column, count):
    """Right-justified texts of a column in memory; at most 50 characters each."""
    return fitted(_plain_cells(column, count))


@noinline
def fitted(cells):
    cells = shortened(cells, _WIDEST)
    return justified(cells, cells.widest(), True)


def _plain_cells(column, count):
    dtype = column.dtype()
    if kind(dtype) == "float":
        return float_cells(column, count)
    if kind(dtype) == "int":
        return int_cells(column, count)
    if kind(dtype) == "datetime":
        return moment_cells(column, count, dtype)
    if kind(dtype) == "bool":
        return _bool_cells(column, count)
    if kind(dtype) == "str":
        return text_cells(column, count, " ")
    static_error("a column of type `", dtype, "` cannot be shown | choose the other columns")


@noinline
def int_cells(column, count):
    cells = new_cells()
    for i in range(count):
        x = column.at(i, 0)
        if x >= 0:
            cells.writer.put_byte(32)
        cells.writer.put_int(x, 1)
        cells.close()
    return cells


@noinline
def _bool_cells(column, count):
    cells = new_cells()
    for i in range(count):
        if column.at(i, 0):
            cells.put(" True")
        else:
            cells.put(" False")
    return cells


@noinline
def text_cells(column, count, lead):
    """Texts with the characters that would break the table escaped."""
    cells = new_cells()
    writer = cells.writer
    for i in range(count):
        writer.put(lead)
        text = column.at(i, 0)
        if text._length < 0:
            writer.put("NaN")
        else:
            for k in range(text._length):
                byte = load(storage("uint8"), ptr_add(text._start, k))
                if byte == 9:
                    writer.put("\\t")
                elif byte == 10:
                    writer.put("\\n")
                elif byte == 13:
                    writer.put("\\r")
                else:
                    writer.put_byte(byte)
        cells.close()
    return cells


def moment_cells(column, count, dtype):
    """Only dates if all times are midnight; as many digits as the finest time needs."""
    scale = ticks(dtype)
    suffix = zone(dtype)
    digits = 0
    clock = suffix != ""
    for i in range(count):
        x = column.at(i, 0)
        if x != NAT:
            if x % (86400 * scale) != 0:
                clock = True
            if x % scale != 0:
                nanos = x % scale * (1000000000 // scale)
                need = 9
                if nanos % 1000000 == 0:
                    need = 3
                elif nanos % 1000 == 0:
                    need = 6
                if need > digits:
                    digits = need
    cells = new_cells()
    for i in range(count):
        x = column.at(i, 0)
        if x == NAT:
            cells.put("NaT")
        else:
            put_moment(cells.writer, x, scale, digits, clock)
            cells.put(suffix)
    return cells
