"""The texts of a column's values, as pandas writes them in a table."""

from intrinsics import cold, load, ptr_add, static_error, storage
from pandas._columns.kind import NAT, kind
from pandas._columns.writer import new_writer
from pandas._show.cells import shortened
from pandas._show.floats import float_cells
from pandas._show.moment import put_moment, ticks, zone

_WIDEST = 50


def value_cells(column, count):
    """Texts of a column in memory; at most 50 characters each."""
    dtype = column.dtype()
    if kind(dtype) == "float":
        return float_cells(column, count)
    if kind(dtype) == "int":
        return int_cells(column, count)
    if kind(dtype) == "datetime":
        return moment_cells(column, count, dtype)
    if kind(dtype) == "bool":
        return bool_cells(column, count, 32)
    if kind(dtype) == "str":
        return shortened(text_cells(column, count, 32), _WIDEST)
    static_error("a column of type `", dtype, "` cannot be shown | choose the other columns")


@cold
def int_cells(column, count):
    cells = new_writer()
    for i in range(count):
        x = column.at(i, 0)
        if x >= 0:
            cells.put_byte(32)
        cells.put_int(x, 1)
        cells.close()
    return cells


@cold
def bool_cells(column, count, lead):
    """`True` and `False` after a byte, unless that is 0."""
    cells = new_writer()
    for i in range(count):
        if lead != 0:
            cells.put_byte(lead)
        if column.at(i, 0):
            cells.put("True")
        else:
            cells.put("False")
        cells.close()
    return cells


@cold
def text_cells(column, count, lead):
    """Texts after a byte (unless that is 0), with the characters that would break the table escaped."""
    cells = new_writer()
    for i in range(count):
        if lead != 0:
            cells.put_byte(lead)
        text = column.at(i, 0)
        if text._length < 0:
            cells.put("NaN")
        else:
            _put_escaped(cells, text._start, text._length)
        cells.close()
    return cells


@cold
def _put_escaped(cells, start, length):
    for k in range(length):
        byte = load(storage("uint8"), ptr_add(start, k))
        if byte == 9 or byte == 10 or byte == 13:
            cells.put_byte(92)
            if byte == 9:
                byte = 116
            elif byte == 10:
                byte = 110
            else:
                byte = 114
        cells.put_byte(byte)


@cold
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
    cells = new_writer()
    for i in range(count):
        x = column.at(i, 0)
        if x == NAT:
            cells.put("NaT")
        else:
            put_moment(cells, x, scale, digits, clock)
            cells.put(suffix)
        cells.close()
    return cells
