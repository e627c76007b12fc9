"""`pandas.DataFrame`: columns of one length with labels, see `pandas/__init__`."""

from intrinsics import static_error, static_index, value


@value
class DataFrame:
    """Names of the columns, the columns, the file and its dataset that numbers among the columns refer
    to (None if there are none), the labels (None: row numbers) and their name, the selected rows (null:
    all), rows there are, rows selected.

    A column of the file is only a number known at compile time, which takes no space: a frame of
    hundreds of columns is as cheap as one of two. A negative number stands for a column of the chain
    (None: it has none), see `pandas/_columns/held`."""

    _names: any
    _columns: any
    _chain: any
    _file: any
    _source: any
    _index: any
    _index_name: any
    _rows: any
    _length: any
    _count: any

    def __len__(self):
        return self._count

    def __getattr__(self, name: static):
        if static_index(self._names, name) < 0:
            static_error("no column `", name, "`, and no such method of a frame")
        return self[name]

    @property
    def shape(self):
        return (self._count, len(self._names))

    @property
    def columns(self):
        """The names, as a tuple: a loop over it gives each column its own code."""
        return self._names

    @property
    def empty(self):
        return self._count == 0 or len(self._names) == 0
