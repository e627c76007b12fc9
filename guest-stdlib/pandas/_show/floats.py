"""Floats of one column as text: six digits after the point, zeros at the end trimmed jointly, powers of
ten if some value would otherwise show too little or take too much room."""

from intrinsics import cold, f64_abs, f64_bits, load, ptr_add, storage
from pandas._columns.writer import new_writer

_FIXED = 102
_POWER = 101
_DIGITS = 6


@cold
def float_cells(column, count):
    """The texts: positive numbers have a space in front."""
    cells = _formatted(column, count, _FIXED, _DIGITS)
    digits = 1
    large = False
    small = False
    any_number = False
    for i in range(count):
        size = f64_abs(column.at(i, 0))
        large = large or size > 1e6
        small = small or (size < 1e-6 and size > 0.0)
        # Neither NaN nor infinity.
        if size - size == 0.0:
            any_number = True
            used = _used_digits(cells, i)
            if used > digits:
                digits = used
    width = cells.widest
    if any_number:
        # Numbers are wider than what stands for the others, or as wide.
        width = width - _DIGITS + digits
    if small or (large and width > 12):
        return _formatted(column, count, _POWER, _DIGITS)
    if digits < _DIGITS and any_number:
        # With the zeros that all have left out, every number still rounds to itself.
        return _formatted(column, count, _FIXED, digits)
    return cells


@cold
def _formatted(column, count, how, digits):
    cells = new_writer()
    for i in range(count):
        x = column.at(i, 0)
        if x != x:
            cells.put("NaN")
        else:
            # The sign decides: -0.0 has one.
            if f64_bits(x) >= 0:
                cells.put_byte(32)
            cells.put_float(x, how, digits)
        cells.close()
    return cells


@cold
def _used_digits(cells, i):
    """How many of the digits after the point come before the zeros at the end."""
    start = cells.start_of(i)
    size = cells.bytes_of(i)
    used = _DIGITS
    while used > 0 and load(storage("uint8"), ptr_add(start, size - 7 + used)) == 48:
        used -= 1
    return used
