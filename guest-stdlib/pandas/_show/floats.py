"""Floats of one column as text: six digits after the point, zeros at the end trimmed jointly, powers of
ten if some value would otherwise show too little or take too much room."""

from intrinsics import f64_abs, f64_bits, load, noinline, ptr_add, storage
from pandas._show.cells import new_cells

_FIXED = 102
_POWER = 101


@noinline
def float_cells(column, count):
    """The texts: positive numbers have a space in front."""
    cells = _trimmed(_formatted(column, count, _FIXED))
    large = False
    small = False
    for i in range(count):
        size = f64_abs(column.at(i, 0))
        large = large or size > 1e6
        small = small or (size < 1e-6 and size > 0.0)
    if small or (large and cells.widest() > 12):
        return _formatted(column, count, _POWER)
    return cells


def _formatted(column, count, how):
    cells = new_cells()
    for i in range(count):
        x = column.at(i, 0)
        if x != x:
            cells.put("NaN")
        else:
            # The sign decides: -0.0 has one.
            if not _is_negative(x):
                cells.writer.put_byte(32)
            cells.writer.put_float(x, how, 6)
            cells.close()
    return cells


def _is_negative(x):
    return f64_bits(x) < 0


def _trimmed(cells):
    """Cuts zeros while all numbers end in one, down to one digit after the point."""
    keep = 1
    any_number = False
    for i in range(cells.count):
        if _is_number(cells, i):
            any_number = True
            digits = _used_digits(cells.start_of(i), cells.bytes_of(i))
            if digits > keep:
                keep = digits
    if not any_number:
        return cells
    out = new_cells()
    for i in range(cells.count):
        size = cells.bytes_of(i)
        if _is_number(cells, i):
            size = size - (6 - keep)
        out.writer.put_bytes(cells.start_of(i), size)
        out.close()
    return out


def _is_number(cells, i):
    """True for digits with a point, not for NaN and infinity."""
    last = load(storage("uint8"), ptr_add(cells.start_of(i), cells.bytes_of(i) - 1))
    return last >= 48 and last <= 57


def _used_digits(start, size):
    """How many of the six digits after the point come before the zeros at the end."""
    used = 6
    while used > 0 and load(storage("uint8"), ptr_add(start, size - 7 + used)) == 48:
        used -= 1
    return used
