"""What is done with the cells of a writer, which make a column of a printed table."""

from intrinsics import cold, load, ptr_add, storage
from pandas._columns.writer import new_writer


@cold
def justified(cells, width, right):
    """The cells padded to a width; right-justified or left."""
    out = new_writer()
    for i in range(cells.count):
        gap = width - cells.width_of(i)
        if right:
            out.put_cell(cells, i, gap, 0)
        else:
            out.put_cell(cells, i, 0, gap)
        out.close()
    return out


@cold
def shortened(cells, most):
    """The cells with at most so many characters: longer ones end in dots."""
    if cells.widest <= most:
        return cells
    out = new_writer()
    for i in range(cells.count):
        if cells.width_of(i) > most:
            start = cells.start_of(i)
            out.put_bytes(start, _prefix(start, most - 3))
            out.put("...")
        else:
            out.put_cell(cells, i, 0, 0)
        out.close()
    return out


@cold
def _prefix(start, count):
    """Bytes of the first characters."""
    at = 0
    seen = 0
    while True:
        if load(storage("uint8"), ptr_add(start, at)) & 192 != 128:
            if seen == count:
                return at
            seen += 1
        at += 1
    return at
