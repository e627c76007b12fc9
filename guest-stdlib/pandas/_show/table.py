"""Columns of cells side by side."""

from core.memory import alloc
from intrinsics import address, as_block, cold, load, ptr_add, sizeof, storage, store
from pandas._columns.writer import new_writer

LINE = 80


@cold
def put_dots(writer, width, how):
    """Dots in a cell of a width: `how` is 0 for left-justified, 1 for centred, 2 for right-justified."""
    count = 2
    if width > 3:
        count = 3
    gap = width - count
    if gap < 0:
        gap = 0
    before = 0
    if how == 1:
        # Python's str.center.
        before = gap // 2 + (gap & width & 1)
    if how == 2:
        before = gap
    writer.pad(before)
    for i in range(count):
        writer.put_byte(46)
    writer.pad(gap - before)


@cold
def with_dots(cells, at, how):
    """The cells with dots before number `at`, as wide as the cell before."""
    out = new_writer()
    for i in range(cells.count):
        if i == at:
            put_dots(out, cells.width_of(at - 1), how)
            out.close()
        out.put_cell(cells, i, 0, 0)
        out.close()
    return out


def column_at(first, kind, i):
    """Column `i` of an array of columns of cells."""
    return load(kind, ptr_add(first, i * sizeof(kind)))


@cold
def fitting(first, kind, columns):
    """How many columns besides the labels go into eighty characters: pandas leaves out those in the
    middle, and shows at least two."""
    widths = as_block(alloc(8 * (columns + 1)))
    start = ptr_add(address(widths), 16)
    total = columns
    for i in range(columns + 1):
        width = column_at(first, kind, i).widest
        store(storage("int64"), ptr_add(start, 8 * i), width)
        total += width
    over = total - LINE + 1
    if over <= 0:
        return columns
    over += 5
    left = columns + 1
    while over > 0 and left > 1:
        middle = left >> 1
        # Python rounds halves to even.
        if left & 1 == 1 and middle & 1 == 1:
            middle += 1
        over -= load(storage("int64"), ptr_add(start, 8 * middle)) + 1
        for i in range(middle, left - 1):
            store(storage("int64"), ptr_add(start, 8 * i), load(storage("int64"), ptr_add(start, 8 * i + 8)))
        left -= 1
    kept = left - 1
    if kept < 2:
        kept = 2
    if kept >= columns:
        return columns
    return kept


@cold
def dotted_columns(writer, first, kind, columns, kept):
    """Writes the lines; of more columns than fit the first and last, with dots between."""
    ends = kept // 2
    lines = column_at(first, kind, 0).count
    index_width = column_at(first, kind, 0).widest
    for line in range(lines):
        if line > 0:
            writer.put("\n")
        labels = column_at(first, kind, 0)
        writer.put_cell(labels, line, 0, index_width - labels.width_of(line))
        for i in range(columns):
            if kept == columns or i < ends or i >= columns - ends:
                writer.put_cell(column_at(first, kind, i + 1), line, 1, 0)
            elif i == ends:
                writer.put("  ...")
