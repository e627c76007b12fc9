"""`pandas.read_parquet` of a path that is known when the function is compiled.

Only the schema is looked at here; columns are read when and if they are used. Differences from pandas:
`columns` is a list of literals.
"""

from core.memory import alloc
from intrinsics import (
    address, as_block, dataset, host_dataset_open, host_dataset_rows, load, memory_fill, null_block, ptr_add,
    schema_fingerprint, schema_index, schema_index_name, schema_names, schema_numbers, static_len, storage,
)
from pandas._columns.dataset import Dataset
from pandas.dataframe._columns import file_column
from pandas.dataframe._select import select_columns
from pandas.dataframe.type import DataFrame


def read_parquet(path, columns: static = None):
    """A frame of the file's columns."""
    known = dataset(path)
    names = schema_names(known)
    text = address(known)
    size = load(storage("int64"), ptr_add(text, 16))
    handle = host_dataset_open(ptr_add(text, 24), size, schema_fingerprint(known))
    source = _new_source(handle, static_len(names) + 1)
    rows = host_dataset_rows(handle)
    index = _index(known, source)
    label = schema_index_name(known)
    frame = DataFrame(names, schema_numbers(known), None, known, source, index, label, null_block(), rows, rows)
    if columns is None:
        return frame
    return select_columns(frame, columns)


def _new_source(handle, columns):
    """With room for the columns and one for labels."""
    cache = alloc(16 * columns)
    memory_fill(ptr_add(cache, 16), 0, 16 * columns)
    return Dataset(handle, as_block(cache), columns)


def _index(known, source):
    if schema_index(known) == -1:
        return None
    return file_column(known, source, schema_index(known))
