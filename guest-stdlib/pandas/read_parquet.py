"""`pandas.read_parquet` of a path that is known when the function is compiled.

Only the schema is looked at here; columns are read when and if they are used. Differences from pandas:
`columns` is a list of literals.
"""

from core.memory import alloc
from intrinsics import (
    address, as_block, coerce, dataset, host_dataset_open, host_dataset_rows, load, memory_fill, null_block,
    ptr_add, schema_columns, schema_dtype, schema_fingerprint, schema_index, schema_index_name, schema_nulls,
    static_len, static_range, storage,
)
from pandas._columns.dataset import Dataset
from pandas._columns.file import FileColumn
from pandas.dataframe._select import select_columns
from pandas.dataframe.type import DataFrame


def read_parquet(path, columns: static = None):
    """A frame of the file's columns."""
    known = dataset(path)
    names = schema_columns(known)
    count = static_len(names)
    text = address(known)
    size = load(storage("int64"), ptr_add(text, 16))
    handle = host_dataset_open(ptr_add(text, 24), size, schema_fingerprint(known))
    cache = alloc(16 * count)
    memory_fill(ptr_add(cache, 16), 0, 16 * count)
    source = Dataset(handle, as_block(cache), count)
    shown = ()
    values = ()
    for number in static_range(count):
        if number != schema_index(known):
            shown = shown + (names[number],)
            values = values + (_column(known, source, number),)
    rows = host_dataset_rows(handle)
    frame = DataFrame(shown, values, _index(known, source), schema_index_name(known), null_block(), rows, rows)
    if columns is None:
        return frame
    return select_columns(frame, columns)


def _column(known, source, number: static):
    return FileColumn(source, coerce(int, number), schema_dtype(known, number), schema_nulls(known, number))


def _index(known, source):
    if schema_index(known) == -1:
        return None
    return _column(known, source, schema_index(known))
