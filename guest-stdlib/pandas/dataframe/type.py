"""`pandas.DataFrame`: columns of one length with labels, see `pandas/__init__`."""

from intrinsics import static_error, static_index, value
from pandas.dataframe._filter import filter_frame
from pandas.dataframe._select import column_of, select_columns


@value
class DataFrame:
    """Names of the columns, the columns, the labels (None: row numbers) and their name, the selected
    rows (null: all), rows there are, rows selected."""

    _names: any
    _columns: any
    _index: any
    _index_name: any
    _rows: any
    _length: any
    _count: any

    def __len__(self):
        return self._count

    def __getitem__(self, key: static):
        if isinstance(key, str):
            return column_of(self, key)
        if isinstance(key, tuple):
            return select_columns(self, key)
        if isinstance(key, Series):
            return filter_frame(self, key)
        static_error("a frame is indexed with a column name, a list of names or a column of bools")

    def __getattr__(self, name: static):
        if static_index(self._names, name) < 0:
            static_error("a frame has no method or column `", name, "`")
        return column_of(self, name)

    @property
    def shape(self):
        return (self._count, len(self._names))

    @property
    def empty(self):
        return self._count == 0 or len(self._names) == 0
